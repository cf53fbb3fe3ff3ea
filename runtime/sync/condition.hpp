// A condition variable for tasks.
#pragma once

#include <jackdaw/runtime/sync/mutex.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <utility>

namespace jackdaw {

/// Waits for a change that somebody announces while holding the mutex.
///
/// Threads       Tasks of one runtime.
/// Lifetime      A mutex that it is given outlives it; without one it has its own.
/// Errors        std::runtime_error if the mutex is not locked.
/// Source        asyncio.Condition (3.13).
class condition {
 public:
  condition() noexcept : mutex_(&own_) {}
  explicit condition(mutex& guarding) noexcept : mutex_(&guarding) {}
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;

  /// Those of the mutex.
  mutex::lock_awaiter acquire() noexcept { return mutex_->acquire(); }
  mutex::scoped_lock_awaiter scoped_lock() noexcept { return mutex_->scoped_lock(); }
  void release() { mutex_->release(); }
  [[nodiscard]] bool locked() const noexcept { return mutex_->locked(); }

  /// Unlocks the mutex, waits for a notification, and locks it again.
  ///
  /// Cancellation  Locks the mutex first, however often it is cancelled meanwhile; then throws. It
  ///               wakes the next waiter, who may have been meant by a notification that had arrived.
  task<void> wait();

  /// Waits until `ready()`, which is called with the mutex locked.
  template <class Predicate>
  task<void> wait_for(Predicate ready) {
    while (!ready()) {
      co_await wait();
    }
  }

  /// Chooses the `count` oldest waiters; they run when they get the mutex.
  void notify(std::size_t count = 1);
  void notify_all();

 private:
  class notification;

  mutex own_;
  mutex* mutex_;
  wait_queue waiters_;
};

}  // namespace jackdaw
