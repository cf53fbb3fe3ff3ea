// What runs on this thread: which scheduler, which task, which driver.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/published.hpp>
#include <jackdaw/runtime/base/this_thread.hpp>

namespace jackdaw {

class context_scope;
class driver;
struct run_slot;
class scheduler;
class task_record;
struct std_memory;
template <class Memory>
class basic_fork_stack;

/// Set up by a scheduler for each of its threads.
struct execution_context {
  jackdaw::scheduler* scheduler = nullptr;
  jackdaw::driver* driver = nullptr;
  /// What this thread runs next, if it is a worker's; null on a loop's: run_slot.hpp.
  run_slot* slot = nullptr;
  /// What this worker may fork; null where nobody could take it: on a loop, and outside of a runtime.
  basic_fork_stack<std_memory>* forks = nullptr;
  /// The task whose code runs now; null between tasks and in callbacks. A watchdog looks at it.
  published<task_record*> task{};
  /// The innermost context that a function on this thread's stack has entered: context.hpp.
  const context_scope* scope = nullptr;
  /// The coroutine that just ended was the outermost of `task`: its runner completes the task.
  bool task_ended = false;
  /// A loop that is closed destroys pending tasks one by one: primitives in the frames of some may go
  /// before the waiters in the frames of others.
  bool destroys_waiters = false;
  /// Frames are given up as a whole: that the coroutines in them never began is nobody's mistake.
  bool discards_frames = false;
};

/// The context of this thread. Ask again after each await: the coroutine may run on another one then.
/// Cost          Two instructions on x86-64, else a call; never kept by the compiler (base/this_thread.hpp).
[[nodiscard]] inline execution_context& current_context() noexcept;

/// The same as a call, everywhere.
[[nodiscard]] execution_context& call_for_current_context() noexcept;

inline execution_context& current_context() noexcept {
  if constexpr (inline_thread_locals) {
    execution_context* here = nullptr;
    JACKDAW_FIND_THREAD_LOCAL(here, jackdaw_execution_context);
    return *here;
  } else {
    return call_for_current_context();
  }
}

/// The task that runs now. Asserts that there is one.
[[nodiscard]] inline task_record& current_task() {
  task_record* const task = current_context().task;
  JACKDAW_ASSERT(task != nullptr);
  return *task;
}

/// The scheduler of this thread. Throws std::logic_error outside of a runtime.
[[nodiscard]] scheduler& current_scheduler();

}  // namespace jackdaw
