// S129, S130: nested scopes, one that is moved from inside of another, and one that was left.
#include "../case.hpp"
#include "../timeout_inside.hpp"

namespace jackdaw::conformance {
namespace {

task<> nap() { co_await sleep(10s); }

task<> inner_expires(timeout_scope& o) {
  timeout_scope i(deadline_in(1ms));
  try {
    co_await inside(i, nap());
  } catch (const timeout_error&) {
    log("inner", i.expired(), o.expired());
  }
  co_await yield();
  log("outer continues");
}

task<> moves(timeout_scope& o) {
  o.reschedule(deadline_in(1ms));
  co_await sleep(10s);
}

task<> outer_expires(timeout_scope& o, timeout_scope& i) {
  try {
    co_await inside(i, moves(o));
  } catch (const timeout_error&) {
    log("NEVER inner");
  }
}

task<> disables(timeout_scope& o) {
  o.reschedule(std::nullopt);
  log("disabled", o.when().has_value() ? "set" : "None");
  co_return;
}

task<> body() {
  timeout_scope first(deadline_in(50ms));
  try {
    co_await inside(first, inner_expires(first));
  } catch (const timeout_error&) {
    log("NEVER");
  }
  timeout_scope o(deadline_in(10s));
  timeout_scope i(deadline_in(20s));
  try {
    co_await inside(o, outer_expires(o, i));
  } catch (const timeout_error&) {
    log("outer fired through inner", o.expired(), i.expired());
  }
  timeout_scope last(deadline_in(10s));
  co_await inside(last, disables(last));
  try {
    last.reschedule(deadline_in(1s));
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

}  // namespace

CONFORMANCE_CASE(timeout_nested_and_reschedule, any_order) { run(body()); }

}  // namespace jackdaw::conformance
