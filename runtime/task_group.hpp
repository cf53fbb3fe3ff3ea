// task_group: tasks that do not outlive the block that started them.
#pragma once

#include <jackdaw/runtime/awaitable.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/exception_group.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task.hpp>

#include <concepts>
#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// Starts tasks that with_task_group() waits for.
///
/// Threads       create_task() from any of the group's own tasks, on whatever worker it runs; in asyncio
///               mode on the loop's thread.
/// Lifetime      with_task_group() makes one; one that you make yourself is given to it once, and outlives
///               it. It cannot be used before or after.
/// Source        asyncio.TaskGroup.
class task_group {
 public:
  task_group();
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  ~task_group();

  /// spawn(), for a task that the group waits for, and cancels when it has to end.
  ///
  /// Errors        std::runtime_error if the group has not been entered, has ended, or is shutting down
  ///               because of an error or a cancellation. `body` is destroyed then and never runs.
  template <class T>
  join_handle<T> create_task(task<T> body, std::string_view name = {},
                             context_slot in = context_slot::copy_of_current()) {
    require_open();
    auto* const record = new task_state<T>(home(), std::move(body), name, std::move(in));
    join_handle<T> handle(*record);
    start(*record);
    return handle;
  }

  /// What with_task_group() calls before and after the body, in the same task. Source: __aenter__.
  /// Errors        std::runtime_error if it was entered before.
  void enter();
  /// Waits for all tasks, and throws what has to be thrown. `error` is what the body threw, or null.
  /// Source: __aexit__.
  task<void> leave(std::exception_ptr error);

  /// The task that has the group, if `node` is of a child of one; else null. For call graphs.
  [[nodiscard]] static task_record* parent_of(const completion_node& node) noexcept;

 private:
  class state;

  void require_open() const;
  [[nodiscard]] scheduler& home() const noexcept;
  void start(task_record& record);

  state* state_;
};

/// A coroutine function that takes a task_group&.
template <class F>
concept task_group_body = std::invocable<F&, task_group&>;

namespace task_groups {

template <class F>
using body_result = await_result<std::invoke_result_t<F&, task_group&>>;

// In `given`, or in a group of its own.
template <class F>
task<body_result<F>> run_within(task_group* given, F body) {
  std::optional<task_group> own;
  task_group& group = given != nullptr ? *given : own.emplace();
  group.enter();
  outcome<body_result<F>> result;
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<body_result<F>>) {
      co_await body(group);
      result.set_value();
    } else {
      result.set_value(co_await body(group));
    }
  } catch (...) {
    error = std::current_exception();
  }
  co_await group.leave(std::move(error));
  co_return result.take_value();
}

}  // namespace task_groups

/// Awaits `body(group)`, then all tasks that were created in the group, then returns what the body returned.
///
///   co_await with_task_group([&](task_group& group) -> task<void> {
///     group.create_task(fetch(first));
///     group.create_task(fetch(second));
///     co_return;
///   });
///
/// The first task that fails ends the group: the other tasks and the body are cancelled, and waited for. So
/// does the body, if it throws. A task that is merely cancelled does not.
///
/// Suspends      As the body does, which runs in the task of the caller, and then if tasks are left.
/// Threads       A task's own. The body's task is cancelled by whoever failed, at its next suspension.
/// Lifetime      `body` is kept until its coroutine has ended, so it may be a lambda with captures.
/// Errors        A group "unhandled errors in a TaskGroup" of all that was thrown, in the order in which
///               tasks ended, last the body: an exception_group, or a base_exception_group (see there), even
///               for one error. Take it apart with except_star. A keyboard_interrupt or system_exit is
///               thrown bare, and the others are lost.
/// Cancellation  Cancels all tasks, waits for them, and throws. Later requests are absorbed until the tasks
///               have ended. Errors of tasks go before a cancellation: then the group is thrown, and the
///               cancellation comes at the next suspension.
/// Cost          Two frames and a block; another block for each task beside its own.
/// Source        async with asyncio.TaskGroup() as group (3.13).
template <task_group_body F>
JACKDAW_CORO_WRAPPER auto with_task_group(F body) {
  return task_groups::run_within<F>(nullptr, std::move(body));
}

/// The same in a group that was made before.
/// Errors        Also std::runtime_error if `group` was entered before.
template <task_group_body F>
JACKDAW_CORO_WRAPPER auto with_task_group(task_group& group, F body) {
  return task_groups::run_within<F>(&group, std::move(body));
}

}  // namespace jackdaw
