// S160, S161, S164: what is left when main returns is cancelled and waited for.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bg(int n) {
  bool cancelled = false;
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  co_await sleep(2s);
  log("cleaned", n);
  if (cancelled) {
    throw cancelled_error();
  }
}

task<std::string> stubborn() {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
  }
  co_await sleep(3s);
  log("stubborn returns");
  co_return "value";
}

task<> bad() {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    throw value_error("in shutdown");
  }
}

task<> late() {
  log("starts in the last turn");
  co_return;
}

std::vector<task_reference> kept;

template <class T>
void keep(join_handle<T> handle) {
  kept.emplace_back(handle.record());
}

task<std::string> body() {
  auto& loop = asyncio::get_running_loop();
  keep(spawn(bg(1)));
  co_await yield();
  keep(spawn(stubborn()));
  co_await yield();
  keep(spawn(bad()));
  co_await yield();
  keep(spawn(late()));
  loop.call_later(1s, [] { log("a timer during the shutdown"); });
  loop.call_later(100s, [] { log("NEVER"); });
  loop.call_soon([] { log("callback of the last turn"); });
  log("main returns");
  co_return "result";
}

}  // namespace

CONFORMANCE_CASE(run_cancels_leftover_tasks) {
  log("run ->", run(body(), log_failure));
  std::vector<bool> cancelled;
  for (const task_reference& task : kept) {
    cancelled.push_back(task->cancelled());
  }
  log(cancelled);
  kept.clear();
}

}  // namespace jackdaw::conformance
