// S76: a cancel that was caught is over.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w() {
  for (int i = 0; i < 3; ++i) {
    try {
      co_await sleep(10s);
      log("slept", i);
    } catch (const cancelled_error&) {
      log("caught", i);
    }
    co_await sleep(1s);
    log("slept between", i);
  }
  co_return "value";
}

task<> body() {
  const auto t = spawn(w());
  co_await settle();
  t.cancel();
  co_await sleep(5s);
  t.cancel();
  log("cancelling", t.cancelling());
  const std::string result = co_await t;
  log(result, t.cancelled(), t.cancelling());
}

}  // namespace

CONFORMANCE_CASE(cancel_is_edge_triggered, any_order) { run(body()); }

}  // namespace jackdaw::conformance
