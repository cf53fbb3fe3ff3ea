// Waiting for the losers.
#include <jackdaw/runtime/gather.hpp>

namespace jackdaw {

task<std::exception_ptr> wait_for_all(std::vector<future_reference> tasks) {
  std::exception_ptr cancelled;
  bool all_ended = false;
  while (!all_ended) {
    try {
      co_await task_set_wait(tasks, set_policy::all_completed);
    } catch (const cancelled_error&) {
      if (!cancelled) {
        cancelled = std::current_exception();
      }
      // The tasks have it by now; asyncio's TaskGroup waits on as well.
    }
    all_ended = true;
    for (const future_reference& task : tasks) {
      all_ended = all_ended && task->done();
    }
  }
  co_return cancelled;
}

task<std::exception_ptr> cancel_and_wait(std::vector<future_reference> tasks, std::size_t spared) {
  for (std::size_t index = 0; index < tasks.size(); ++index) {
    if (index != spared) {
      tasks[index]->request_cancel();
    }
  }
  co_return co_await wait_for_all(std::move(tasks));
}

}  // namespace jackdaw
