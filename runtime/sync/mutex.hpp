// Mutual exclusion between tasks.
#pragma once

#include <jackdaw/runtime/sync/wait_queue.hpp>

#include <coroutine>
#include <utility>

namespace jackdaw {

/// Fair: FIFO, and nobody overtakes a waiter that has been chosen but has not run yet. Not owned by a
/// task: any task may unlock it. Not recursive.
///
/// Threads       Tasks of one runtime, on any of its workers.
/// Source        asyncio.Lock.
class mutex {
 public:
  class [[nodiscard]] lock_awaiter {
   public:
    explicit lock_awaiter(mutex& awaited) noexcept : mutex_(&awaited) {}
    lock_awaiter(lock_awaiter&& other) noexcept : mutex_(other.mutex_) {}
    lock_awaiter& operator=(lock_awaiter&&) = delete;
    [[nodiscard]] bool await_ready() const noexcept { return mutex_->try_lock(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept;
    void await_resume();

   protected:
    mutex* mutex_;

   private:
    wait_queue::node node_;
  };

  /// Unlocks at the end of its scope. Unlocking never awaits, so a destructor can do it.
  class [[nodiscard]] guard {
   public:
    explicit guard(mutex& held) noexcept : mutex_(&held) {}
    guard(guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    guard& operator=(guard&&) = delete;
    ~guard() {
      if (mutex_ != nullptr) {
        mutex_->unlock();
      }
    }

   private:
    mutex* mutex_;
  };

  class [[nodiscard]] scoped_lock_awaiter : public lock_awaiter {
   public:
    using lock_awaiter::lock_awaiter;
    guard await_resume() {
      lock_awaiter::await_resume();
      return guard(*mutex_);
    }
  };

  /// Suspends      Only if it is locked or others wait.
  /// Cancellation  Leaves the queue; a wake-up that had arrived goes to the next waiter.
  /// Cost          No allocation.
  lock_awaiter lock() noexcept { return lock_awaiter(*this); }
  /// As lock(); the result unlocks: `const auto held = co_await m.scoped_lock();`
  scoped_lock_awaiter scoped_lock() noexcept { return scoped_lock_awaiter(*this); }
  [[nodiscard]] bool try_lock() noexcept;

  /// Throws std::runtime_error if it is not locked. The next waiter, if any, becomes the owner when it
  /// runs; until then is_locked() is false.
  void unlock();
  [[nodiscard]] bool is_locked() const noexcept;

  /// asyncio's names for lock(), unlock() and is_locked().
  lock_awaiter acquire() noexcept { return lock(); }
  void release() { unlock(); }
  [[nodiscard]] bool locked() const noexcept { return is_locked(); }

 private:
  wait_queue waiters_;
  bool locked_ = false;  // Under the lock.
};

}  // namespace jackdaw
