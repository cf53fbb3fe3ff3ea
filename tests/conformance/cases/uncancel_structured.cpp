// S72, S73: requests are counted; at zero, one that is not delivered is dropped.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::uint32_t> w() {
  const auto none = this_task::cancelling();
  log("none", none, this_task::uncancel());
  this_task::cancel();
  this_task::cancel();
  log("two", this_task::cancelling());
  try {
    co_await yield();
  } catch (const cancelled_error&) {
    log("caught once", this_task::cancelling());
  }
  co_await yield();
  const auto first = this_task::uncancel();
  const auto second = this_task::uncancel();
  log("no second delivery", first, second, this_task::uncancel());
  this_task::cancel();
  log("taken back", this_task::uncancel());
  co_await yield();
  log("not delivered");
  this_task::cancel();
  this_task::cancel();
  log("one of two taken back", this_task::uncancel());
  try {
    co_await yield();
    log("NEVER");
  } catch (const cancelled_error&) {
    log("delivered", this_task::cancelling());
  }
  co_return this_task::uncancel();
}

task<> nap() { co_await sleep(1s); }

task<> body() {
  const auto t = spawn(w());
  const auto result = co_await t;
  log(result, t.cancelled(), t.cancelling());
  const auto u = spawn(nap());
  co_await settle();
  u.cancel();
  const auto left = u.record().uncancel();
  log("cancelled wait", left, u.cancelling());
  try {
    co_await u;
  } catch (const cancelled_error&) {
    log("a cancel that is under way is delivered all the same");
  }
}

}  // namespace

CONFORMANCE_CASE(uncancel_structured, any_order) { run(body()); }

}  // namespace jackdaw::conformance
