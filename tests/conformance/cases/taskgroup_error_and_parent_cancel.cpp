// S117, S119: errors go before a cancellation, which comes at the next suspension.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> fails_in_cleanup() {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    throw value_error("cleanup");
  }
}

task<> after(std::string what) {
  log(what, "cancelling", this_task::cancelling());
  try {
    co_await yield();
    log("goes on");
  } catch (const cancelled_error&) {
    log("then CancelledError; cancelling", this_task::cancelling());
  }
}

// Runs a group, and looks at what comes after its error.
template <class F>
task<> group_and_after(F in_group) {
  std::string error;
  try {
    co_await with_task_group(in_group);
  } catch (const exception_group&) {
    error = repr(std::current_exception());
  }
  co_await after(error);
}

task<> bad(duration d) {
  co_await sleep(d);
  throw key_error("first");
}

task<> slow() {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
  }
  co_await sleep(5s);
  throw cancelled_error();
}

task<> in_exit(task_group& tg) {
  tg.create_task(fails_in_cleanup());
  co_return;
}

task<> in_body(task_group& tg) {
  tg.create_task(fails_in_cleanup());
  co_await sleep(100s);
}

task<> error_first(task_group& tg) {
  tg.create_task(bad(1s));
  tg.create_task(slow());
  co_await sleep(100s);
}

task<> body_error(task_group& /*unused*/) {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    throw value_error("of the body");
  }
}

task<> one_bad_child(task_group& tg) {
  tg.create_task(bad(1s));
  co_return;
}

task<> cancel_it(std::string_view name, task<> (*in_group)(task_group&), int wait) {
  const auto t = spawn(group_and_after(in_group));
  co_await sleep(std::chrono::seconds(wait));
  t.cancel();
  co_await t;
  log(name, wait, "ended", t.cancelled(), t.cancelling());
}

task<> body() {
  co_await cancel_it("in_exit", in_exit, 1);
  co_await cancel_it("in_body", in_body, 1);
  co_await cancel_it("error_first", error_first, 2);
  co_await cancel_it("error_first", error_first, 1);
  co_await cancel_it("body_error", body_error, 1);
  this_task::cancel();
  try {
    co_await yield();
  } catch (const cancelled_error&) {
    log("an earlier one, not taken back", this_task::cancelling());
  }
  co_await group_and_after(one_bad_child);
  this_task::uncancel();
  co_await group_and_after(one_bad_child);
}

}  // namespace

CONFORMANCE_CASE(taskgroup_error_and_parent_cancel) { run(body()); }

}  // namespace jackdaw::conformance
