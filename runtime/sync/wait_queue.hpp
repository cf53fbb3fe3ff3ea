// The one wait queue under every primitive: a FIFO of suspended tasks, and its lock.
//
// Hand over, never resume
// -----------------------
// A waiter's node lives in its coroutine's frame and stays in the queue until the task runs again and
// takes it out itself (finish()). So a node has three states that others can see under the lock:
//
//   waiting    nobody has decided anything
//   woken      a release chose it; its task is queued, but has not run yet
//   cancelled  its task is queued to throw
//
// That a woken node is still there is what asyncio's rules need: a lock whose next owner has been
// chosen but has not run is free, yet may not be taken by others (no barging); a woken waiter that is
// cancelled before it runs must pass the wake-up on. Primitives decide under the lock; suspending and
// resuming is done here. Where what is waited for is handed over with the wake-up (channel.hpp), there is no turn
// to keep and nothing to pass on: such waiters are taken out at once.
//
// Lifetime: a woken task takes the lock once more before it goes on, so it may destroy the primitive:
// whoever woke it has left the critical section by then, and touches nothing after that (spin_lock).
#pragma once

#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <coroutine>
#include <cstdint>
#include <mutex>
#include <utility>

namespace jackdaw {

class wait_queue {
 public:
  using guard = std::unique_lock<spin_lock>;

  /// One waiter. In the frame of whoever waits.
  class node : public list_links {
   public:
    node() noexcept = default;
    node(const node&) = delete;
    node& operator=(const node&) = delete;
    ~node();

    /// Chosen by wake_one(). Under the lock.
    [[nodiscard]] bool woken() const noexcept { return (queue_ & is_woken) != 0; }
    [[nodiscard]] task_record* task() const noexcept { return task_; }

   private:
    friend class wait_queue;
    static constexpr std::uintptr_t is_woken = 1;  // Queues are aligned, so the bit is free.

    [[nodiscard]] wait_queue* queue() const noexcept {
      return reinterpret_cast<wait_queue*>(queue_ & ~is_woken);
    }
    void set_queue(wait_queue* queue) noexcept { queue_ = reinterpret_cast<std::uintptr_t>(queue); }
    void set_woken() noexcept { queue_ |= is_woken; }
    void leave_queue() noexcept { queue_ &= is_woken; }

    task_record* task_ = nullptr;
    std::uintptr_t queue_ =
        0;  // In which it waits, if it does, and the bit. One word: every waiter has it.
  };

  wait_queue() noexcept = default;
  wait_queue(const wait_queue&) = delete;
  wait_queue& operator=(const wait_queue&) = delete;
  /// Aborts if somebody waits, who would wait for ever.
  ~wait_queue();

  [[nodiscard]] guard lock() const noexcept { return guard(lock_); }

  /// Suspends the current task at `awaiting` as the last waiter. Takes the guard and releases it: the
  /// task may run elsewhere before this returns, so the caller touches nothing afterwards. Returns where this thread
  /// goes on: task_record::hand_over().
  [[nodiscard]] std::coroutine_handle<> suspend(guard held, node& waiter,
                                                std::coroutine_handle<> awaiting) noexcept;

  /// The waiter's task runs again: takes the node out. True if the wait was cancelled, or a
  /// cancellation came since; the caller undoes what it was given (node.woken()), releases the guard,
  /// and throws by throw_cancelled(). Leaves the lock held.
  [[nodiscard]] bool finish(guard& held, node& waiter) noexcept;
  /// The same for a waiter that take_one() gives what it waits for: a cancellation that came after that is left
  /// for the next suspension, for what was given must not be lost.
  [[nodiscard]] bool finish_keeping_result(guard& held, node& waiter) noexcept;

  /// Chooses the first waiter that nobody has chosen and that is not cancelled. Under the lock.
  bool wake_one() noexcept;
  /// As wake_one(), but takes the waiter out and leaves it to the caller to schedule() its task, when it has given
  /// the waiter what it waits for. Null: there is none.
  [[nodiscard]] node* take_one() noexcept;
  /// Chooses the first waiter, unless it is woken or cancelled already: then it is that one's turn, or
  /// its duty to pass the wake-up on. For primitives that only one may leave at a time.
  void wake_first() noexcept;
  /// Chooses all. Returns how many. Under the lock.
  std::size_t wake_all() noexcept;
  /// wake_all(), which takes out those whom it chose: they need not come back for the lock, and finish_released()
  /// is their end. For primitives in which a woken waiter owes nothing to the others. Takes the guard and
  /// releases it.
  void release_all(guard held) noexcept;
  /// finish() for waiters of release_all(). Leaves the lock free. Touches the queue only if the wait was
  /// cancelled: who was released may find it gone.
  [[nodiscard]] bool finish_released(node& waiter) noexcept;
  /// True if there is a waiter that is not cancelled, woken or not. Under the lock.
  [[nodiscard]] bool has_waiters() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return waiters_.empty(); }

 private:
  void take_out(guard& held, node& waiter) noexcept;

  mutable spin_lock lock_;
  intrusive_list<node> waiters_;
};

/// Throws the cancellation that finish() reported.
[[noreturn]] void throw_cancelled(const wait_queue::node& waiter);

}  // namespace jackdaw
