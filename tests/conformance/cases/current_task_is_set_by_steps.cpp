// S53: the current task is the one whose step runs; callbacks have none.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

void log_none(std::string_view where) { log(where, current_context().task == nullptr); }

task<std::string> inner() { co_return this_task::name(); }

task<> other() {
  log("other is", this_task::name());
  co_await yield();
  log("other still", this_task::name());
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  this_task::set_name("M");
  loop.call_soon([] { log_none("in callback: none"); });
  loop.call_later(1s, [] { log_none("in timer: none"); });
  const auto t = spawn(other(), "O");
  log(co_await inner());
  co_await yield();
  log(co_await inner());
  co_await t;
  log(co_await inner());
  co_await sleep(2s);
  log(co_await inner());
}

}  // namespace

CONFORMANCE_CASE(current_task_is_set_by_steps) { run(body()); }

}  // namespace jackdaw::conformance
