// S127, S128: what is not the scope's own cancellation passes through it.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> converts() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("body", this_task::cancelling());
    throw value_error("foreign");
  }
}

task<> nap() { co_await sleep(10s); }

task<> victim() {
  try {
    co_await timeout(5s, nap());
  } catch (const timeout_error&) {
    log("NEVER");
  } catch (const cancelled_error&) {
    log("CancelledError; cancelling", this_task::cancelling());
    throw;
  }
}

task<> expires_and_is_cancelled() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("expired; cancelling", this_task::cancelling());
    this_task::cancel();
    log("and cancelled by itself", this_task::cancelling());
    throw;
  }
}

task<> both() {
  try {
    co_await timeout(1s, expires_and_is_cancelled());
  } catch (const timeout_error&) {
    log("NEVER");
  } catch (const cancelled_error&) {
    log("CancelledError; cancelling", this_task::cancelling());
    throw;
  }
}

task<> caught_before() {
  this_task::cancel();
  try {
    co_await yield();
  } catch (const cancelled_error&) {
    log("earlier cancel, not taken back", this_task::cancelling());
  }
  try {
    co_await timeout(1s, nap());
  } catch (const timeout_error&) {
    log("TimeoutError nevertheless; cancelling", this_task::cancelling());
  }
}

task<> body() {
  try {
    co_await timeout(1s, converts());
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()), "cancelling", this_task::cancelling());
  }
  auto t = spawn(victim());
  co_await sleep(1s);
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("victim cancelled", t.cancelled());
  }
  t = spawn(both());
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("both: cancelled", t.cancelled());
  }
  co_await spawn(caught_before());
}

}  // namespace

CONFORMANCE_CASE(timeout_foreign_exception_and_user_cancel, any_order) { run(body()); }

}  // namespace jackdaw::conformance
