// What a spawned task is, apart from its coroutine frames: what the scheduler queues, what others
// wait for, and where a cancellation goes.
//
// One suspension, one winner
// --------------------------
// A task waits for one thing at a time. Who ends that wait — the thing itself, or a canceller — is
// decided by one compare-and-swap on `word_` (task_word.hpp), whose low bits hold the phase:
//
//              arm()                 wake()                        end_wait()
//     running ───────────► waiting ───────────► woken ─────────────────► running
//        ▲                    │                                             ▲
//        │                    └──────────────► cancelled ──────────────────┘
//        │                     request_cancel(), or a hook's settle
//
//   running    Runs, or is queued to run. Nobody else may schedule it.
//   waiting    Suspended. Whoever takes it out of this phase, and nobody else, schedules it.
//   woken      The wait ended by itself. Queued, or about to be.
//   cancelled  The wait was ended by a cancellation. Queued, or about to be.
//
//   A  arm()              suspender, the last thing it does under the lock (or on the thread) that
//                         keeps wakers away: running -> waiting.
//   W  wake()             waker: waiting -> woken. True: the caller owes a schedule(). The waker holds
//                         what keeps the record alive: the lock of the queue in which its node is.
//   C  request_cancel()   any thread: waiting -> cancelled, or the flag must_cancel.
//   E  end_wait()         the resumed task: -> running. Waits for a canceller that is inside a hook. In a pool,
//                         a wait that was woken and has nothing to deliver stays woken until A: no step of
//                         the protocol tells woken from running.
//
// A wait with a hook (a join, a kernel operation) is not ended by the canceller: the hook is asked to
// make it end (the awaited task is cancelled, the kernel is told), and wake() comes from there. The
// flag hook_busy keeps the frame that holds the hook alive meanwhile: end_wait() spins on it.
// That there is a hook is said by the word itself (has_hook), not by looking at `hook_`: between a
// canceller's look and its compare-and-swap the task may have gone on to another wait, and a word that
// came back to the same value means the same kind of wait.
// A chain of tasks that wait for tasks is cancelled leaf first, on the canceller's stack (asyncio). Beyond
// a depth the request is noted as must_cancel on a task that waits, and goes on from the run loop. Tasks
// that wait for each other in a circle have no leaf: the wait that closes the circle is ended itself.
// must_cancel is asyncio's _must_cancel: a request that found nothing to cancel. The next arm() or
// end_wait() delivers it.
//
// Orders: all changes of `word_` are read-modify-writes with acquire and release, so that they are
// totally ordered and whoever takes over sees what the previous owner of the task wrote. A single-
// threaded scheduler pays for none of this: there a change is a plain load and store (see task_word::try_change()).
//
// Lifetime
// --------
// Counted references: one of the running task itself, dropped when it is done, and one per handle. The
// frames die at the end of the task, before its waiters are told.
#pragma once

#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/run_slot.hpp>
#include <jackdaw/runtime/task_word.hpp>
#include <jackdaw/runtime/work.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

namespace jackdaw {

class scheduler;
class task_record;

/// Something that a cancelled wait must be told, because it cannot just be left. A function and no
/// virtual one, as in work and timer: what waits is destroyed by its own frame, and through nothing else.
class cancel_hook {
 public:
  using cancel_function = bool (*)(cancel_hook& self, std::string_view message) noexcept;
  using abandon_function = bool (*)(cancel_hook& self) noexcept;
  explicit cancel_hook(cancel_function function, abandon_function abandoned = nullptr) noexcept
      : cancel_(function), abandon_(abandoned) {}

  /// Asks the wait to end. True: it will be ended soon, by wake(), and reports the cancellation
  /// itself. False: it has ended already. Threads: any; never two at once for one wait.
  bool cancel_wait(std::string_view message) noexcept { return cancel_(*this, message); }
  /// Leaves the wait as it is: from here on wake() will not come. False if it came or will come.
  /// Threads: as cancel_wait().
  bool abandon_wait() noexcept { return abandon_ != nullptr && abandon_(*this); }
  /// Tells of what kind it is.
  [[nodiscard]] bool asks(cancel_function function) const noexcept { return cancel_ == function; }

 private:
  cancel_function cancel_;
  abandon_function abandon_;
};

/// How a wait ended.
enum class wait_end : std::uint8_t { woken, cancelled };

class task_record : public work, public list_links, public future_base {
 public:
  // --- The running task -----------------------------------------------------------------------

  /// Announces that the task will suspend and be resumed at `point`.
  void suspend_at(std::coroutine_handle<> point) noexcept { resume_point_ = point; }

  /// A: the wait begins; from here on others may end it. `hook` may be null. False: a cancellation
  /// was due and has been delivered to this wait; the caller owes a schedule() of the task.
  [[nodiscard]] bool arm(cancel_hook* hook = nullptr) noexcept;

  /// E: the wait is over. `cancelled` if it was ended by a cancellation, or one came since; either
  /// way it is delivered now, and the caller throws it.
  [[nodiscard]] wait_end end_wait() noexcept;

  /// As end_wait(), but leaves a cancellation that came after the wait had ended for the next
  /// suspension: for operations whose result must not be lost.
  [[nodiscard]] wait_end end_wait_keeping_result() noexcept;

  /// Delivers a cancellation that is due, without waiting: for a task that was merely queued.
  [[nodiscard]] bool take_cancellation() noexcept;

  /// A hint that take_cancellation() would deliver one.
  [[nodiscard]] bool cancellation_is_due() const noexcept {
    // S2: a request that is just being made may as well be seen at the next suspension.
    return (word_.load(std::memory_order_relaxed) & must_cancel) != 0;
  }

  /// Makes the next suspension throw cancelled_error: the operation won the race against its cancel.
  void owe_cancellation() noexcept;

  /// Throws cancelled_error with the message of the request that is delivered.
  [[noreturn]] void throw_cancelled();

  // --- Everybody ------------------------------------------------------------------------------

  /// W: ends the wait. True: the caller owes a schedule().
  [[nodiscard]] bool wake() noexcept;
  /// wake(), and the schedule() that is owed.
  void wake_and_schedule() noexcept;

  /// C: asks the task to end. False if it is done. See asyncio's Task.cancel().
  bool request_cancel(std::string_view message = {}) noexcept override;

  /// Number of requests not taken back. asyncio: Task.cancelling().
  [[nodiscard]] std::uint32_t cancelling() const noexcept;
  /// Of these, those that it has been told of. In a pool a request may come at any time; one that came before a scope
  /// began, and is delivered within it, must not be taken for an old one.
  [[nodiscard]] std::uint32_t delivered_requests() const noexcept;
  /// Takes one request back; returns how many remain. At zero, one not yet delivered is dropped.
  std::uint32_t uncancel() noexcept { return take_back_request(0); }
  /// uncancel(), which drops one not yet delivered if no more than `forgotten_at` remain. For scopes that make
  /// requests themselves, on other workers.
  std::uint32_t take_back_request(std::uint32_t forgotten_at) noexcept;
  /// Takes none back, but drops one not yet delivered if there are no more than `requests_max`.
  void forget_due_request(std::uint32_t requests_max) noexcept;

  /// True while a wait that was cancelled has not been resumed.
  [[nodiscard]] bool wait_cancelled() const noexcept;

  /// The hook of a wait that nothing has ended and nobody is about to cancel; else null. On a loop's own
  /// thread.
  [[nodiscard]] const cancel_hook* hook_of_wait() const noexcept;

  [[nodiscard]] std::string name() const;
  void set_name(std::string_view name);

  /// Before anybody else knows the task: a reference for its first handle, which adopts it.
  void reference_for_handle() noexcept {
    references_.store(2, std::memory_order_relaxed);  // Relaxed: nobody knows it yet.
  }
  /// Queues the first step. The caller has added its references. Throws if the scheduler has ended:
  /// then the task was not started. `eagerly`, or where the scheduler wants it of all tasks: runs the first
  /// step inside of this call instead, if the scheduler runs on this thread (asyncio: S60).
  void start(bool eagerly = false);
  /// The scheduler knows of it already, and this is its turn: runs the first step inside of this call.
  void begin() noexcept;
  /// Queues the next step: the other half of a wake().
  void schedule() noexcept;
  /// The last thing that a task does when it suspends: where its thread goes on. On a worker that would run another
  /// task next, there, by symmetric transfer; else in the run loop. The suspended task may run elsewhere by then, or
  /// be gone.
  [[nodiscard]] static std::coroutine_handle<> hand_over() noexcept;
  /// The same for the current task, which waits for nothing but its turn: behind all that is runnable.
  [[nodiscard]] std::coroutine_handle<> give_way() noexcept;
  /// If this task would be what the current worker runs next: runs that step inside of this call, on behalf of
  /// `waiter`, the current task, which waits for this one already. False if it did not.
  bool run_for(task_record& waiter) noexcept;

  /// Whether a loop that is closed reports the task if it is pending. asyncio: _log_destroy_pending.
  void set_reports_destruction(bool reports) noexcept { reports_destruction_ = reports; }
  [[nodiscard]] bool reports_destruction() const noexcept { return reports_destruction_; }

  /// The outermost coroutine. Only while it exists.
  [[nodiscard]] virtual std::source_location origin() const noexcept = 0;

  /// Gives up a task that could not be started, frame and all.
  void discard_unstarted() noexcept;
  /// Ends the task without running it, frames and all. Only for a scheduler that shuts down.
  void destroy_pending() noexcept;

  /// The context in which all steps run. For the running task; others only when it is not running.
  [[nodiscard]] context_slot& context_of_steps() noexcept { return context_; }

  /// True if `item` is the next step of some task, not a callback.
  [[nodiscard]] static bool is_step(const work& item) noexcept { return item.run == &run_step; }

 protected:
  task_record(scheduler& scheduler, std::coroutine_handle<> root, std::string_view name,
              context_slot&& in);
  ~task_record() override;

  [[nodiscard]] std::coroutine_handle<> root() const noexcept { return root_; }
  /// Destroys the outermost frame; that coroutines in it never began is not worth a warning.
  virtual void discard_frames() noexcept;
  /// Moves the result out of the outermost frame and destroys that frame.
  virtual void harvest(std::coroutine_handle<> root) noexcept = 0;
  /// Ends as cancelled, dropping a result if there is one.
  /// `message_lasts`: not only the first one who asks gets it.
  virtual void set_cancelled(std::exception_ptr error, bool message_lasts = false) noexcept = 0;
  /// For the destructor of the typed record, while exception() still works.
  void report_if_unretrieved() noexcept;

 private:
  friend class task_registry;

  // The word: a phase and flags. See "One suspension, one winner".
  static constexpr std::uint32_t phase_mask = task_word::phase_mask;
  static constexpr std::uint32_t phase_waiting = task_word::phase_waiting;
  static constexpr std::uint32_t phase_cancelled = task_word::phase_cancelled;
  static constexpr std::uint32_t must_cancel = task_word::must_cancel;
  static constexpr std::uint32_t hook_busy = task_word::hook_busy;
  static constexpr std::uint32_t has_hook = task_word::has_hook;
  static constexpr std::uint32_t one_request = task_word::one_request;

  static constexpr std::uint32_t requests_in(std::uint32_t word) noexcept {
    return task_word::requests_in(word);
  }
  static constexpr std::uint32_t flags_in(std::uint32_t word) noexcept {
    return task_word::flags_in(word);
  }
  static constexpr std::uint32_t with_phase(std::uint32_t word, std::uint32_t phase) noexcept {
    return task_word::with_phase(word, phase);
  }

  static void run_step(work& self);
  void run_inside(run_slot* slot);
  [[nodiscard]] static bool may_hand_over(const execution_context& context) noexcept;
  [[nodiscard]] static task_record* begun(work& item) noexcept;
  void complete() noexcept;
  void publish_done() noexcept;
  void end() noexcept;
  void cancel_through_hook(std::string_view message) noexcept;
  void end_wait_in_circle(std::string_view message) noexcept;
  struct noted_request;
  void pass_on_noted_request() noexcept;
  void request_cancel_from_outside(std::string_view message) noexcept;

  [[nodiscard]] task_word word() noexcept { return {word_, single_threaded_}; }
  bool try_change(std::uint32_t& expected, std::uint32_t desired) noexcept {
    return word().try_change(expected, desired);
  }
  std::uint32_t change(std::uint32_t clear, std::uint32_t set) noexcept {
    return word().change(clear, set);
  }
  [[nodiscard]] bool arm_with_request(task_word::armed begun) noexcept;
  void schedule_elsewhere() noexcept;

  bool reports_destruction_ = true;
  bool started_ = false;
  std::uint8_t shard_ = 0;

 protected:
  std::atomic<bool> looked_at_{false};  // Of the result; here, where there is room.

 private:
  // 0: none yet. A loop's task whose number is larger than this has a name instead (task_record::task_record).
  mutable std::atomic<std::uint32_t> number_{0};
  std::coroutine_handle<> root_;
  std::coroutine_handle<> resume_point_;
  cancel_hook* hook_ = nullptr;  // Valid while the word says has_hook.
  context_slot context_;
};

// --- What every suspension does: in line, and the rest elsewhere ----------------------------------------

inline bool task_record::arm(cancel_hook* hook) noexcept {
  hook_ = hook;
  const task_word::armed begun = word().arm(hook != nullptr);
  return begun == task_word::armed::waiting || arm_with_request(begun);
}

inline bool task_record::wake() noexcept { return word().wake(); }

inline wait_end task_record::end_wait() noexcept {
  const auto ended = word().end_phase(must_cancel);
  const bool cancelled = (ended & phase_mask) == phase_cancelled || (ended & must_cancel) != 0;
  return cancelled ? wait_end::cancelled : wait_end::woken;
}

inline void task_record::schedule() noexcept {
  run_slot* const slot = current_context().slot;
  if (slot != nullptr && slot->owner == scheduler_ && slot->next == nullptr) [[likely]] {
    slot->next = this;
    return;
  }
  schedule_elsewhere();
}

using task_reference = counted_reference<task_record>;

}  // namespace jackdaw
