// How a run ends: what is left is cancelled and awaited, then the threads.
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;

// CPython's constants.THREAD_JOIN_TIMEOUT.
constexpr duration executor_shutdown_max = 300s;

}  // namespace

void event_loop::cancel_all_tasks() {
  const std::vector<task_reference> left = tasks().snapshot();
  if (left.empty()) {
    return;
  }
  for (const task_reference& task : left) {
    task->request_cancel();
  }
  run_until_done({left.begin(), left.end()}, true);
  for (const task_reference& task : left) {
    if (!task->cancelled() && task->exception() != nullptr) {
      task->mark_retrieved();
      const context_scope in(task->context_of_steps());  // S173
      report({"unhandled exception during asyncio.run() shutdown", task->name(), task->exception(),
              failure_source::task});
    }
  }
}

// S161. Each of the two coroutines is a task of its own, as with CPython: the turns they take and the numbers
// they use up are observable.
void event_loop::shut_down() {
  require_runnable();
  ensure_driver();  // If there is none to be had, no task should be left behind by us.
  cancel_all_tasks();
  run_until_complete(shutdown_asyncgens());
  run_until_complete(shutdown_default_executor(executor_shutdown_max));
}

task<void> event_loop::shutdown_asyncgens() { co_return; }

task<void> event_loop::shutdown_default_executor(std::optional<duration> limit) {
  if (!blocking().refuse()) {
    co_return;
  }
  future<void> ended(*this);
  const auto tell = [ended] {
    if (!ended.done()) {
      ended.set_result();
    }
  };
  blocking().shut_down([this, tell] { call_soon_threadsafe(tell); });
  const auto wait = [ended](timeout_scope& /*unused*/) { return ended; };
  auto waiting = timeout(limit, wait);
  bool in_time = true;
  try {
    co_await std::move(waiting);
  } catch (const timeout_error&) {
    in_time = false;
  }
  if (!in_time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*limit).count();
    failure late;
    late.message = "The executor did not finishing joining its threads within " +
                   std::to_string(seconds) + " seconds.";
    late.level = failure_level::warning;
    report(late);
  }
}

void event_loop::run(task_record& main) {
  std::exception_ptr torn_out;
  const auto guarded = [&](auto&& step) {
    try {
      step();
    } catch (...) {
      if (!torn_out) {
        torn_out = std::current_exception();
      }
    }
  };
  bool runs = false;
  guarded([&] {
    require_runnable();
    runs = true;
    main.start();
    run_until_done({future_reference(main)}, false);
  });
  if (runs) {
    guarded([&] { shut_down(); });
  }
  guarded([&] { close(); });
  if (torn_out) {
    std::rethrow_exception(torn_out);
  }
}

}  // namespace jackdaw::asyncio
