// S65: a cancel goes to the awaited task; if that one swallows it, the outer one is not interrupted.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> inner() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("inner swallowed");
  }
  co_return "inner value";
}

task<std::string> outer() {
  const std::string v = co_await spawn(inner());
  log("outer got", v, "cancelling", this_task::cancelling());
  co_return v;
}

task<> body() {
  const auto t = spawn(outer());
  co_await settle(2);
  log("cancel", t.cancel());
  const std::string result = co_await t;
  log("outer result", result, t.cancelled());
}

}  // namespace

CONFORMANCE_CASE(cancel_swallowed_by_inner_task, any_order) { run(body()); }

}  // namespace jackdaw::conformance
