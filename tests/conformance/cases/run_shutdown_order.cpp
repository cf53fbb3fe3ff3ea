// S161-S164: main, the tasks that are left, what they threw, calls in threads, the loop.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

std::vector<asyncio::task_handle> kept;

task<> bg(int n) {
  bool cancelled = false;
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  log("task cancelled", n);
  co_await yield();
  log("task cleaned", n);
  if (cancelled) {
    throw cancelled_error();
  }
}

task<> bad() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    throw value_error("in shutdown");
  }
}

task<> late() {
  log("a task of the shutdown runs");
  co_await sleep(10s);
  log("NEVER");
}

task<> spawner() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
  }
  co_await turns(2);
  kept.push_back(asyncio::create_task(late(), {.name = "late"}));
  log("spawned in the shutdown");
}

void count(int n) {
  log("callback", n);
  if (n < 12) {
    asyncio::get_running_loop().call_soon([n] { count(n + 1); });
  }
}

task<std::string> body() {
  auto& loop = asyncio::get_running_loop();
  kept.push_back(asyncio::create_task(bg(1)));
  co_await yield();
  kept.push_back(asyncio::create_task(bad()));
  co_await yield();
  kept.push_back(asyncio::create_task(spawner()));
  co_await yield();
  loop.call_later(100s, [] { log("NEVER"); });
  loop.call_soon([] { count(0); });
  log("main returns");
  co_return "result";
}

void log_all_but_the_pending(const failure& failure) {
  if (failure.message != "Task was destroyed but it is pending!") {
    log_failure(failure);
  }
}

}  // namespace

CONFORMANCE_CASE(run_shutdown_order) {
  log("run ->", run(body(), log_all_but_the_pending));
  kept.pop_back();
  std::vector<bool> cancelled;
  for (const asyncio::task_handle& task : kept) {
    cancelled.push_back(task.cancelled());
  }
  log(cancelled);
  kept.clear();
}

}  // namespace jackdaw::conformance
