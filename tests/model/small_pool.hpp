// The part of the pool that finds work and sleeps, over the pool's own queues, idle set and permits.
//
// It follows pool.cpp and worker.cpp step by step, without what a small model has no room for: timers, the
// private next slot, polls without sleep.
#pragma once

#include "item.hpp"
#include "memory.hpp"
#include <jackdaw/io/wake_permit.hpp>
#include <jackdaw/runtime/multi_thread/idle_set.hpp>
#include <jackdaw/runtime/multi_thread/shared_queue.hpp>
#include <jackdaw/runtime/multi_thread/steal_queue.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace jackdaw::model {

/// Where a worker sleeps: a driver, reduced to its permit and to what wakes it.
template <class Memory>
class small_driver {
 public:
  void wake() noexcept {
    if (permit_.permit()) {
      event_.ring();
    }
  }
  /// Waits until there is a permit. As epoll_driver::park().
  void park() noexcept {
    if (permit_.prepare_to_sleep()) {
      event_.sleep();
    }
    permit_.woke_up();
  }

 private:
  io::permit_state<Memory> permit_;
  doorbell event_;
};

/// What is left out of the protocol, for canaries.
enum class omitted { nothing, second_look, announcement_before_look, wake_by_last_searcher };

template <unsigned Workers, class Memory, omitted Left = omitted::nothing>
class small_pool {
 public:
  small_pool() : idle_(Workers) {}

  // --- From outside ---
  void schedule(item& work) {
    work.fill();
    shared_.push(work);  // P1
    announce_work();
  }

  // --- Worker `self`, which `begins` awake (0), or when it is claimed ---
  void run_worker(unsigned self) {
    worker& own = workers_[self];
    if (self != 0) {
      own.start.sleep();
      own.searching = true;
    }
    while (true) {
      if (work* const found = own.queue.pop()) {
        if (std::exchange(own.searching, false) && idle_.end_search() &&
            Left != omitted::wake_by_last_searcher && anything_waits()) {
          announce_work();
        }
        static_cast<item*>(found)->take();
      } else if (!take_shared(own) && !search(self)) {
        sleep(self);
      }
    }
  }

  /// Pushed by worker 0 itself, before it looks for work: two, so that others are woken.
  void push_own(item& one, item& two) {
    one.fill();
    two.fill();
    work* const both[] = {&one, &two};
    static_cast<void>(workers_[0].queue.push(both));
    announce_work();
  }

 private:
  struct worker {
    steal_queue<work, 2, Memory> queue;
    small_driver<Memory> driver;
    doorbell start;
    bool searching = false;
    bool started = false;
  };

  void announce_work() {
    if (const auto sleeper = idle_.claim_one()) {  // P2, P3
      worker& claimed = workers_[*sleeper];
      // Under start_lock_, in the pool.
      const std::lock_guard guard(start_lock_);
      if (*sleeper != 0 && !std::exchange(claimed.started, true)) {
        claimed.start.ring();
      } else {
        claimed.driver.wake();  // P4
      }
    }
  }

  [[nodiscard]] bool take_shared(worker& own) {
    std::array<work*, 2> batch{};
    const std::size_t count = shared_.pop(batch, Workers);
    if (count == 0) {
      return false;
    }
    check(own.queue.push(std::span<work* const>(batch.data(), count)) == count, "there is room");
    if (count > 1 || !shared_.empty()) {
      announce_work();
    }
    return true;
  }

  [[nodiscard]] bool search(unsigned self) {
    if (Workers == 1 || !anything_to_steal()) {
      return false;
    }
    worker& own = workers_[self];
    if (!own.searching) {
      own.searching = idle_.start_search(Workers);
    }
    if (!own.searching) {
      return false;
    }
    std::array<work*, 2> loot{};
    for (unsigned step = 1; step < Workers; ++step) {
      const std::size_t count = workers_[(self + step) % Workers].queue.steal(loot);
      if (count > 0) {
        check(own.queue.push(std::span<work* const>(loot.data(), count)) == count, "there is room");
        return true;
      }
    }
    return false;
  }

  void sleep(unsigned self) {
    worker& own = workers_[self];
    if (std::exchange(own.searching, false)) {
      static_cast<void>(idle_.end_search());  // S2, before I1.
    }
    if constexpr (Left == omitted::announcement_before_look) {
      const bool sleeps = !work_needs_us();
      idle_.announce(self);
      if (sleeps) {
        own.driver.park();
      }
    } else {
      idle_.announce(self);                                    // I1
      if (Left == omitted::second_look || !work_needs_us()) {  // I2
        own.driver.park();                                     // I3
      }
    }
    own.searching = idle_.retract(self);  // I4
  }

  [[nodiscard]] bool anything_to_steal() const {
    for (const worker& each : workers_) {
      if (!each.queue.empty()) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] bool anything_waits() const { return !shared_.empty() || anything_to_steal(); }
  [[nodiscard]] bool work_needs_us() const {
    return !shared_.empty() || (anything_to_steal() && !idle_.anybody_searches());
  }

  std::array<worker, Workers> workers_;
  basic_shared_queue<Memory> shared_;
  basic_idle_set<Memory> idle_;
  typename Memory::mutex start_lock_;
};

}  // namespace jackdaw::model
