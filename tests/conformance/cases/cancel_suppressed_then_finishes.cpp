// S72, S76: a cancel may be caught and dropped; the count stays.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("suppressed");
  }
  co_await yield();
  co_return "ok";
}

task<> body() {
  const auto t = spawn(w());
  co_await settle();
  t.cancel();
  const std::string result = co_await t;
  const auto cancelling = t.cancelling();
  log(result, t.cancelled(), cancelling, t.record().uncancel());
}

}  // namespace

CONFORMANCE_CASE(cancel_suppressed_then_finishes, any_order) { run(body()); }

}  // namespace jackdaw::conformance
