// An event: a flag that tasks wait for.
//
// The flag is only looked at under the lock of the queue, also by those who find it set and do not wait: they may
// destroy the event at once, and whoever set it has left the lock by then.
#pragma once

#include <jackdaw/runtime/sync/wait_queue.hpp>

#include <coroutine>

namespace jackdaw {

/// Threads       All members from tasks of one runtime, on any of its workers. In multi-threaded mode
///               set() and clear() may be called from any thread.
/// Source        asyncio.Event.
class event {
 public:
  class [[nodiscard]] wait_awaiter {
   public:
    explicit wait_awaiter(event& awaited) noexcept : event_(&awaited) {}
    wait_awaiter(wait_awaiter&& other) noexcept : event_(other.event_) {}
    wait_awaiter& operator=(wait_awaiter&&) = delete;
    [[nodiscard]] bool await_ready() const noexcept { return false; }  // await_suspend() looks.
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept;
    void await_resume();

   private:
    event* event_;
    wait_queue::node node_;
  };

  /// Wakes everybody who waits now, oldest first, also if clear() follows at once. Resumes nobody.
  void set() noexcept;
  void clear() noexcept;
  [[nodiscard]] bool is_set() const noexcept;

  /// Suspends      Unless the event is set.
  /// Cancellation  Throws cancelled_error, even if the event was set in the same instant.
  /// Cost          No allocation.
  wait_awaiter wait() noexcept { return wait_awaiter(*this); }

 private:
  wait_queue waiters_;
  bool set_ = false;  // Under the lock.
};

}  // namespace jackdaw
