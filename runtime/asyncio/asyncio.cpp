// Who is asked: whatever runs on this thread.
#include <jackdaw/runtime/asyncio/asyncio.hpp>

namespace jackdaw::asyncio {

scheduler& running_scheduler() {
  if (scheduler* const found = current_context().scheduler) {
    return *found;
  }
  throw std::runtime_error("no running event loop");
}

task_handle current_task() {
  static_cast<void>(running_scheduler());
  task_record* const task = current_context().task;
  return task != nullptr ? task_handle(task_reference(*task)) : task_handle();
}

std::vector<task_handle> all_tasks() { return all_tasks_of(running_scheduler()); }

}  // namespace jackdaw::asyncio
