// What runs on this thread: which scheduler, which task, which driver.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/config.hpp>

namespace jackdaw {

class context_scope;
class driver;
struct run_slot;
class scheduler;
class task_record;

/// Set up by a scheduler for each of its threads.
struct execution_context {
  jackdaw::scheduler* scheduler = nullptr;
  jackdaw::driver* driver = nullptr;
  /// What this thread runs next, if it is a worker's; null on a loop's: run_slot.hpp.
  run_slot* slot = nullptr;
  /// The task whose code runs now; null between tasks and in callbacks.
  task_record* task = nullptr;
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

// One instance per thread. With a name that the assembler can write.
extern constinit thread_local execution_context this_thread_context asm(
    "jackdaw_this_thread_context");

/// current_context() where no instructions are written for it.
[[nodiscard]] execution_context& call_for_current_context() noexcept;

/// The context of this thread. Ask again after each await.
///
/// Compilers keep the address of a thread-local across a suspension, after which the coroutine may run on
/// another thread (docs/compilers.md). So the address is computed by instructions that they cannot see
/// through; where we have not written any, by a call.
[[nodiscard]] inline execution_context& current_context() noexcept {
  if constexpr (reads_thread_pointer) {
    execution_context* here = nullptr;
    asm volatile(
        "movq %%fs:0, %0\n\t"
        "addq jackdaw_this_thread_context@gottpoff(%%rip), %0"
        : "=r"(here)
        :
        : "cc");
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
