// From the nodes of those who wait to the tasks and futures that have them.
#include <jackdaw/runtime/call_graph.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/gathering.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/shield.hpp>
#include <jackdaw/runtime/task_group.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace jackdaw {
namespace {

// Deeper chains are cut off: the walk is recursive.
constexpr std::size_t depth_max = 500;

struct awaiter {
  future_reference who;
  std::optional<std::source_location> coroutine;
};

// The frames of a task that may run on another thread, or end there, are not looked at.
std::optional<std::source_location> coroutine_of(const task_record& task) {
  const execution_context& here = current_context();
  const bool stays = here.task == &task || (!task.home().concurrent() && !task.done());
  return stays ? std::optional(task.origin()) : std::nullopt;
}

// While nodes are looked at they stay registered, so those who have them stay where they are: a task that
// waits has its frames, a gathering or shield is kept by its node, a group keeps its task.
std::vector<awaiter> awaiters_of(const future_base& awaited) {
  std::vector<awaiter> found;
  awaited.look_at_completions([&found](const completion_node& node) {
    if (task_record* const task = join_wait::waiter_of(node)) {
      found.push_back({future_reference(*task), task->origin()});
    } else if (future_base* const gathering = gathering_base::gathering_of(node)) {
      found.push_back({future_reference(*gathering), std::nullopt});
    } else if (future_base* const outer = shield_watch::outer_of(node)) {
      found.push_back({future_reference(*outer), std::nullopt});
    } else if (task_record* const parent = task_group::parent_of(node)) {
      found.push_back({future_reference(*parent), coroutine_of(*parent)});
    }
  });
  return found;
}

call_graph walk(awaiter from, std::vector<const future_base*>& path) {
  future_base& awaited = *from.who;
  call_graph graph{std::move(from.who), {}, from.coroutine, {}};
  if (const auto* const task = dynamic_cast<const task_record*>(&awaited)) {
    graph.task_name = task->name();
  }
  if (path.size() < depth_max && std::ranges::find(path, &awaited) == path.end()) {
    path.push_back(&awaited);
    for (awaiter& each : awaiters_of(awaited)) {
      graph.awaited_by.push_back(walk(std::move(each), path));
    }
    path.pop_back();
  }
  return graph;
}

void append(std::string& text, const call_graph& graph, std::size_t level) {
  const std::string indent(level * 4, ' ');
  text += indent;
  text += graph.task_name.empty() ? "* Future()\n" : "* Task(name='" + graph.task_name + "')\n";
  if (graph.coroutine) {
    text += indent + "  + Call stack:\n" + indent + "  |   File '" + graph.coroutine->file_name() +
            "', line " + std::to_string(graph.coroutine->line()) + ", in async " +
            function_name(*graph.coroutine) + "()\n";
  }
  if (!graph.awaited_by.empty()) {
    text += indent + "  + Awaited by:\n";
  }
  for (const call_graph& each : graph.awaited_by) {
    append(text, each, level + 1);
  }
}

}  // namespace

std::optional<call_graph> capture_call_graph() {
  task_record* const task = current_context().task;
  return task != nullptr ? std::optional(capture_call_graph(*task)) : std::nullopt;
}

call_graph capture_call_graph(future_base& awaited) {
  const auto* const task = dynamic_cast<const task_record*>(&awaited);
  std::vector<const future_base*> path;
  return walk({future_reference(awaited), task != nullptr ? coroutine_of(*task) : std::nullopt},
              path);
}

std::string format_call_graph(const call_graph& graph) {
  std::string text;
  append(text, graph, 0);
  return text;
}

void print_call_graph() {
  if (const auto graph = capture_call_graph()) {
    std::fputs(format_call_graph(*graph).c_str(), stderr);
  }
}

}  // namespace jackdaw
