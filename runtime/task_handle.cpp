// Handles of all that is alive.
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task_handle.hpp>

namespace jackdaw {

std::vector<task_handle> all_tasks_of(scheduler& home) {
  std::vector<task_handle> handles;
  for (task_reference& task : home.tasks().snapshot()) {
    handles.emplace_back(std::move(task));
  }
  return handles;
}

}  // namespace jackdaw
