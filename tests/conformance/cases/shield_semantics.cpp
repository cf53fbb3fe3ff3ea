// S102: a cancelled awaiter leaves the inner task alone; a cancelled inner task ends the wait.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> inner(std::string n) {
  try {
    co_await sleep(2s);
    log("inner done", n);
  } catch (const cancelled_error&) {
    log("inner cancelled", n);
    throw;
  }
  co_return n;
}

task<> failing() {
  co_await sleep(1s);
  throw value_error("inner failed");
}

task<std::string> outer(join_handle<std::string> t) {
  try {
    const std::string r = co_await shield(t);
    log("outer got", r);
    co_return r;
  } catch (const cancelled_error&) {
    log("outer cancelled; cancelling", this_task::cancelling());
    throw;
  }
}

task<> body() {
  auto t = spawn(inner("a"));
  auto o = spawn(outer(t));
  co_await sleep(1s);
  log("cancel", o.cancel());
  try {
    co_await o;
  } catch (const cancelled_error&) {
    log("outer", o.cancelled(), "inner", t.cancelled(), t.done());
  }
  log(co_await t);
  t = spawn(inner("b"));
  o = spawn(outer(t));
  log(co_await o);
  t = spawn(inner("c"));
  o = spawn(outer(t));
  co_await sleep(1s);
  t.cancel();
  try {
    co_await o;
  } catch (const cancelled_error&) {
    log("outer", o.cancelled(), o.cancelling());
  }
  try {
    co_await shield(spawn(failing()));
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()));
  }
  t = spawn(inner("d"));
  co_await sleep(5s);
  log("shield of a done task", co_await shield(t));
}

}  // namespace

CONFORMANCE_CASE(shield_semantics, any_order) { run(body()); }

}  // namespace jackdaw::conformance
