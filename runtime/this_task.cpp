// The current task, asked by itself.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/this_task.hpp>

namespace jackdaw::this_task {

std::string name() { return current_task().name(); }
void set_name(std::string_view name) { current_task().set_name(name); }
std::uint32_t cancelling() { return current_task().cancelling(); }
std::uint32_t uncancel() { return current_task().uncancel(); }
void cancel(std::string_view message) { current_task().request_cancel(message); }
jackdaw::scheduler& scheduler() { return current_scheduler(); }

}  // namespace jackdaw::this_task
