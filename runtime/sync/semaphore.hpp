// Counting semaphores for tasks.
#pragma once

#include <jackdaw/runtime/sync/wait_queue.hpp>

#include <coroutine>
#include <cstddef>
#include <limits>
#include <utility>

namespace jackdaw {

/// Fair: permits go to waiters in FIFO order and are reserved for those that were woken.
///
/// Threads       Tasks of one runtime; release() from any thread in multi-threaded mode.
/// Source        asyncio.Semaphore (3.13).
class semaphore {
 public:
  explicit semaphore(std::size_t permits) noexcept : permits_(permits) {}

  class [[nodiscard]] acquire_awaiter {
   public:
    explicit acquire_awaiter(semaphore& awaited) noexcept : semaphore_(&awaited) {}
    acquire_awaiter(acquire_awaiter&& other) noexcept : semaphore_(other.semaphore_) {}
    acquire_awaiter& operator=(acquire_awaiter&&) = delete;
    [[nodiscard]] bool await_ready() const noexcept { return semaphore_->try_acquire(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept;
    void await_resume();

   protected:
    semaphore* semaphore_;

   private:
    wait_queue::node node_;
  };

  /// Gives the permit back at the end of its scope.
  class [[nodiscard]] permit {
   public:
    explicit permit(semaphore& held) noexcept : semaphore_(&held) {}
    permit(permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    permit& operator=(permit&&) = delete;
    ~permit() {
      if (semaphore_ != nullptr) {
        semaphore_->release();
      }
    }

   private:
    semaphore* semaphore_;
  };

  class [[nodiscard]] scoped_acquire_awaiter : public acquire_awaiter {
   public:
    using acquire_awaiter::acquire_awaiter;
    permit await_resume() {
      acquire_awaiter::await_resume();
      return permit(*semaphore_);
    }
  };

  /// Suspends      Only if there is no permit or others wait.
  /// Cancellation  A permit that was reserved for the waiter goes to the next one.
  /// Cost          No allocation.
  acquire_awaiter acquire() noexcept { return acquire_awaiter(*this); }
  scoped_acquire_awaiter scoped_acquire() noexcept { return scoped_acquire_awaiter(*this); }
  [[nodiscard]] bool try_acquire() noexcept;
  void release() noexcept { static_cast<void>(release_within_bound()); }

  /// True if acquire() would wait.
  [[nodiscard]] bool is_locked() const noexcept;
  /// asyncio's name for it.
  [[nodiscard]] bool locked() const noexcept { return is_locked(); }
  [[nodiscard]] std::size_t available() const noexcept;

 protected:
  semaphore(std::size_t permits, std::size_t bound) noexcept : permits_(permits), bound_(bound) {}
  /// False, and nothing happens, if there were more permits than the bound then.
  [[nodiscard]] bool release_within_bound() noexcept;

 private:
  // All under the lock.
  [[nodiscard]] bool would_wait() const noexcept { return permits_ == 0 || waiters_.has_waiters(); }
  bool reserve_for_next() noexcept;

  wait_queue waiters_;
  std::size_t permits_;
  const std::size_t bound_ = std::numeric_limits<std::size_t>::max();
};

/// A semaphore that knows how many permits there are: giving back one too many is a mistake.
///
/// Errors        release() throws std::invalid_argument if all permits are back. A scoped_acquire() whose
///               permit somebody else has given back already gives back nothing: destructors do not throw.
/// Source        asyncio.BoundedSemaphore.
class bounded_semaphore : public semaphore {
 public:
  explicit bounded_semaphore(std::size_t permits) noexcept : semaphore(permits, permits) {}

  void release();
};

}  // namespace jackdaw
