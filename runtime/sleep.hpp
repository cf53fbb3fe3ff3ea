// Waiting for time: sleep, sleep_until, yield, and a regular interval.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/run_slot.hpp>
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/timer.hpp>

#include <coroutine>

namespace jackdaw {

/// Gives way: the task runs again after everything that is runnable on its worker now.
///
/// Suspends      Always, for exactly one turn, in asyncio mode; in a pool unless nothing else is runnable on the
///               worker, or for too long nobody asked for what happened outside.
/// Cancellation  Thrown here if one is due.
/// Cost          No timer, no allocation.
/// Source        asyncio.sleep(0).
class [[nodiscard]] yield {
 public:
  [[nodiscard]] bool await_ready() const noexcept {
    run_slot* const slot = current_context().slot;
    return slot != nullptr && slot->go_on();
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept;
  void await_resume() {
    if (task_record& task = current_task(); task.cancellation_is_due()) [[unlikely]] {
      throw_cancelled(task);
    }
  }

 private:
  static void throw_cancelled(task_record& task);
};

/// Waits until a point in time. See sleep().
class [[nodiscard]] sleep_until {
 public:
  explicit sleep_until(time_point deadline) noexcept : wake_up_(*this), deadline_(deadline) {}
  // Movable only before it is awaited: g++ 12 needs it for awaitables that are kept in a variable.
  sleep_until(sleep_until&& other) noexcept : sleep_until(other.deadline_) {}
  sleep_until& operator=(sleep_until&&) = delete;
  ~sleep_until() { wake_up_.disarm(); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting);
  void await_resume();

 private:
  struct alarm : timer {
    explicit alarm(sleep_until& owner) noexcept : timer(&alarm::ring), sleeper(&owner) {}
    static void ring(timer& self) noexcept;
    sleep_until* sleeper;
  };

  alarm wake_up_;
  time_point deadline_;
  task_record* task_ = nullptr;
};

/// Waits for `wait`; not longer than it must, at worst as late as the worker is busy.
///
/// Suspends      Always. A wait that is not positive is a yield.
/// Threads       In a task.
/// Cancellation  Ends the wait at once; nothing is lost.
/// Cost          In the pool no allocation, and O(1).
/// Source        asyncio.sleep. Deadlines in nanoseconds of CLOCK_MONOTONIC.
class [[nodiscard]] sleep {
 public:
  explicit sleep(duration wait);
  [[nodiscard]] bool await_ready() const noexcept { return only_yield_ && yield{}.await_ready(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting);
  void await_resume();

 private:
  bool only_yield_;
  sleep_until until_;
};

class interval;

/// The await of interval::tick().
class [[nodiscard]] next_tick {
 public:
  explicit next_tick(interval& ticks) noexcept;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    return until_.await_suspend(awaiting);
  }
  void await_resume();

 private:
  interval* ticks_;
  sleep_until until_;
};

/// Ticks at a fixed period, the first one after one period.
///
/// Ticks that were missed are skipped, not made up for: the next one is the first in the future, on the
/// original grid.
class interval {
 public:
  explicit interval(duration period);
  /// Suspends until the next tick (a missed one: yields). Cancellation loses no tick.
  next_tick tick() noexcept { return next_tick(*this); }

 private:
  friend class next_tick;

  void advance() noexcept;

  duration period_;
  time_point next_;
};

}  // namespace jackdaw
