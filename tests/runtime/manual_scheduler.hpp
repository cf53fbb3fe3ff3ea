// tests/runtime/manual_scheduler.hpp
//
// The smallest scheduler: it runs what it was given when the test says so, on the test's thread. For
// tests of what schedulers are made of.
#pragma once

#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/multi_thread/timer_queue.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <mutex>
#include <new>
#include <utility>

namespace jackdaw::testing {

/// Its clock is virtual, and part of it.
struct manual_clock {
  virtual_clock time;
};

/// Threads: schedule(), disarm_timer() and run_one() from any.
class manual_scheduler final : private manual_clock, public scheduler {
 public:
  explicit manual_scheduler(failure_handler on_failure = {}, unsigned registry_shards = 1)
      : scheduler(manual_clock::time, std::move(on_failure), registry_shards) {}

  void schedule(work& work) noexcept override {
    const std::lock_guard guard(lock_);
    ready_.push_back(work);
  }
  void schedule_last(work& work) noexcept override { schedule(work); }
  void run_callback(work& work) noexcept override { work.run(work); }
  void arm_timer(timer& timer) override {
    if (refuse_timers) {
      throw std::bad_alloc();
    }
    timers_.arm(timer);
  }
  void disarm_timer(timer& timer) noexcept override {
    static_cast<timer_queue*>(timer_access::queue(timer))->disarm(timer);
  }
  [[nodiscard]] bool concurrent() const noexcept override { return true; }
  [[nodiscard]] bool is_this_thread() const noexcept override { return true; }
  [[nodiscard]] scheduler_statistics statistics() const override { return {}; }

  /// Runs the oldest work as one of this scheduler's threads would; false if there is none.
  bool run_one() {
    work* item = nullptr;
    {
      const std::lock_guard guard(lock_);
      item = ready_.pop_front();
    }
    if (item != nullptr) {
      const entered scope(*this);
      item->run(*item);
    }
    return item != nullptr;
  }
  void run_all() {
    while (run_one()) {
    }
  }

  /// arm_timer() throws, as it does where there is no memory.
  bool refuse_timers = false;

  [[nodiscard]] virtual_clock& time() noexcept { return manual_clock::time; }
  [[nodiscard]] timer_queue& timers() noexcept { return timers_; }

  /// Makes this thread one of the scheduler's.
  class entered {
   public:
    explicit entered(manual_scheduler& scheduler) : before_(current_context()) {
      current_context() = execution_context{};
      current_context().scheduler = &scheduler;
    }
    entered(const entered&) = delete;
    entered& operator=(const entered&) = delete;
    ~entered() { current_context() = before_; }

   private:
    execution_context before_;
  };

 private:
  std::mutex lock_;
  work_list ready_;
  timer_queue timers_;
};

}  // namespace jackdaw::testing
