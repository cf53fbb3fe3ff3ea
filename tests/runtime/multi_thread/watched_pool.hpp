// tests/runtime/multi_thread/watched_pool.hpp
//
// A pool whose drivers are watched: who sleeps, until when, and how much ran between two looks outside.
#pragma once

#include <jackdaw/runtime/driver.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task.hpp>

#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace jackdaw::testing {

/// What all drivers of a pool were asked. Threads: any.
class driver_watch {
 public:
  /// For pool_options.
  [[nodiscard]] driver_factory factory() {
    return [this](unsigned worker) {
      const std::lock_guard guard(lock_);
      made_.push_back(worker);
      return std::make_unique<watched_driver>(*this);
    };
  }

  /// Returns when exactly so many drivers sleep and none of them has been woken. If these are all, then
  /// nothing happens in the pool any more until something comes from outside.
  void wait_until_asleep(unsigned drivers) {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return asleep_ == drivers; });
  }
  [[nodiscard]] unsigned asleep() const {
    const std::lock_guard guard(lock_);
    return asleep_;
  }
  /// The workers whose drivers have been made, in this order.
  [[nodiscard]] std::vector<unsigned> made() const {
    const std::lock_guard guard(lock_);
    return made_;
  }
  /// The deadlines of all waits, in the order in which they began.
  [[nodiscard]] std::vector<time_point> deadlines() const {
    const std::lock_guard guard(lock_);
    return deadlines_;
  }

  /// To be called by the tasks of a pool of one in every step.
  void count_step() { ++steps_; }
  /// How many steps there were before each call of park(), since the one before.
  [[nodiscard]] const std::vector<int>& steps_between_parks() const { return gaps_; }
  void forget_steps() {
    steps_ = 0;
    gaps_.clear();
  }

 private:
  class watched_driver final : public driver {
   public:
    explicit watched_driver(driver_watch& watch) noexcept : watch_(&watch) {}

    void park(time_point deadline, work_list& /*ready*/) override {
      std::unique_lock guard(watch_->lock_);
      watch_->gaps_.push_back(std::exchange(watch_->steps_, 0));
      if (deadline == at_once) {
        counters().polls.add();
      } else {
        counters().waits.add();
        watch_->deadlines_.push_back(deadline);
        if (!permit_) {
          sleep(guard, deadline);
        }
      }
      permit_ = false;
    }

    void wake() noexcept override {
      const std::lock_guard guard(watch_->lock_);
      permit_ = true;
      if (asleep_) {
        counters().wakes.add_shared();
        end_sleep();
      }
    }

   private:
    void sleep(std::unique_lock<std::mutex>& guard, time_point deadline) {
      asleep_ = true;
      ++watch_->asleep_;
      watch_->changed_.notify_all();
      const auto woken = [this] { return permit_; };
      if (deadline == never) {
        watch_->changed_.wait(guard, woken);
      } else {
        watch_->changed_.wait_until(guard, deadline, woken);
      }
      end_sleep();
    }
    void end_sleep() noexcept {
      if (std::exchange(asleep_, false)) {
        --watch_->asleep_;
        watch_->changed_.notify_all();
      }
    }

    driver_watch* watch_;
    // Under the watch's lock.
    bool permit_ = false;
    bool asleep_ = false;
  };

  mutable std::mutex lock_;
  std::condition_variable changed_;
  unsigned asleep_ = 0;
  std::vector<unsigned> made_;
  std::vector<time_point> deadlines_;
  int steps_ = 0;
  std::vector<int> gaps_;
};

/// Runs `main` to the end of the pool; returns what it returns, throws what it throws.
template <class T>
T run_on(pool& workers, task<T> main) {
  auto* const state = new task_state<T>(workers, std::move(main), "main");
  join_handle<T> handle(*state);
  workers.run(*state);
  return state->look().take_value();
}

inline task<void> return_at_once() { co_return; }
inline task<void> meet_others(std::latch& all) {
  all.arrive_and_wait();
  co_return;
}

/// Returns when this many workers have been in their tasks at the same time: all threads run by then.
inline task<void> occupy_workers(unsigned workers) {
  std::latch all(workers);
  std::vector<join_handle<void>> others;
  for (unsigned worker = 1; worker < workers; ++worker) {
    others.push_back(spawn(meet_others(all)));
  }
  // The last one goes to the slot that nobody steals from, and this thread is about to block.
  others.push_back(spawn(return_at_once()));
  all.arrive_and_wait();
  for (const join_handle<void>& other : others) {
    co_await other;
  }
}

}  // namespace jackdaw::testing
