// S60: an eager child that fails at once cancels the parent at its next suspension, and the group refuses more.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> boom() {
  throw value_error("x");
  co_return;
}

task<std::string> ok() { co_return "ok"; }

task<> waits() {
  log("child waits");
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("child cancelled");
    throw;
  }
}

task<> fails_at_once(task_group& tg) {
  tg.create_task(waits());
  tg.create_task(boom());
  log("body continues after eager failure; cancelling", current_task().cancelling());
  try {
    tg.create_task(ok());
    log("create ok");
  } catch (const std::runtime_error& e) {
    log("shutting down", std::string_view(e.what()).find("is shutting down") != std::string::npos);
  }
  try {
    co_await yield();
    log("NEVER");
  } catch (const cancelled_error&) {
    log("body cancelled");
    throw;
  }
}

task<> failing() {
  try {
    co_await with_task_group(fails_at_once);
  } catch (const exception_group& eg) {
    log("(" + repr(eg.exceptions().at(0)) + ",)");
  }
  log("cancelling", current_task().cancelling());
}

struct children {
  join_handle<std::string> a;
  join_handle<std::string> b;
};

task<children> succeeds(task_group& tg) {
  children both;
  both.a = tg.create_task(ok());
  log("done in the body", both.a.done());
  both.b = tg.create_task(sleep_for(1s, std::string("slept")));
  log("not done", both.b.done());
  co_return both;
}

task<> two_that_are_done(task_group& tg) {
  tg.create_task(ok());
  tg.create_task(ok());
  co_return;
}

task<> fine() {
  const children both = co_await with_task_group(succeeds);
  log(both.a.result(), both.b.result());
  asyncio::get_running_loop().call_soon([] { log("no turn"); });
  co_await with_task_group(two_that_are_done);
  log("a group of eager-done tasks takes");
  co_await yield();
}

task<> body() {
  asyncio::get_running_loop().set_task_factory(asyncio::eager_task_factory);
  co_await failing();
  co_await fine();
}

}  // namespace

CONFORMANCE_CASE(v312_eager_taskgroup_failure) { run(body()); }

}  // namespace jackdaw::conformance
