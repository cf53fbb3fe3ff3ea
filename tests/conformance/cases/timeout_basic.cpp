// S125, S126: what the body sees, what it may suppress, and deadlines that have passed or never come.
#include "../case.hpp"
#include "../timeout_inside.hpp"

namespace jackdaw::conformance {
namespace {

task<> looks(timeout_scope& cm) {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("body sees CancelledError; expired", cm.expired(), "cancelling", this_task::cancelling());
    throw;
  }
}

task<> suppresses() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("suppressed in body");
  }
}

task<> logs(const char* text) {
  log(text);
  co_return;
}

task<> yields_once() {
  co_await yield();
  log("NEVER");
}

task<> body() {
  timeout_scope expiring(deadline_in(1ms));
  try {
    co_await inside(expiring, looks(expiring));
  } catch (const timeout_error&) {
    log("TimeoutError", "cancelling", this_task::cancelling(), expiring.expired());
  }
  try {
    co_await timeout(1ms, suppresses());
    log("no TimeoutError when body suppresses; cancelling", this_task::cancelling());
  } catch (const timeout_error&) {
    log("TimeoutError");
  }
  timeout_scope past(deadline_in(-1s));
  co_await inside(past, logs("past deadline: body runs until first yield"));
  log("expired", past.expired());
  try {
    co_await timeout(-1s, yields_once());
  } catch (const timeout_error&) {
    log("TimeoutError at first yield");
  }
  timeout_scope unlimited(std::nullopt);
  co_await inside(unlimited, turns(1));
  log("None never fires", unlimited.expired(), unlimited.when().has_value() ? "set" : "None");
}

}  // namespace

CONFORMANCE_CASE(timeout_basic) { run(body()); }

}  // namespace jackdaw::conformance
