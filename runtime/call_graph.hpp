// Call graphs: who awaits a task, who awaits those, and so on. For people who look for what hangs.
//
// Nothing is recorded for this: what is shown is read off the nodes by which the waiting are told of an
// end. Each step is true for itself; the whole may be of different moments where other threads go on.
#pragma once

#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/task_handle.hpp>

#include <optional>
#include <source_location>
#include <string>
#include <vector>

namespace jackdaw {

/// A task or future, and who awaits it.
struct call_graph {
  future_reference awaited;
  /// Of a task; empty for a future.
  std::string task_name;
  /// Where the outermost coroutine of a task was written, as far as that is known.
  std::optional<std::source_location> coroutine;
  /// In the order in which they came: tasks, gatherings, shields, and the task of a group. One that was met on the way here (tasks
  /// may await each other in a circle) has none of its own, and so has what is very deep.
  std::vector<call_graph> awaited_by;
};

/// The graph of the current task; nothing outside of tasks.
///
/// Suspends      No.
/// Threads       Any, also for tasks of other threads.
/// Lifetime      The tasks and futures in it live as long as it does.
/// Cost          In proportion to the number of those who wait; nothing for anybody else.
/// Source        asyncio.capture_call_graph of Python 3.14, without the inner frames of coroutines.
[[nodiscard]] std::optional<call_graph> capture_call_graph();
/// The graph of this task or future.
[[nodiscard]] call_graph capture_call_graph(future_base& awaited);
[[nodiscard]] inline call_graph capture_call_graph(const task_handle& task) {
  return capture_call_graph(task.record());
}

/// As text, one line per task, coroutine or future, indented by depth. Source: asyncio.format_call_graph.
[[nodiscard]] std::string format_call_graph(const call_graph& graph);
/// That of the current task, to stderr. Source: asyncio.print_call_graph.
void print_call_graph();

}  // namespace jackdaw
