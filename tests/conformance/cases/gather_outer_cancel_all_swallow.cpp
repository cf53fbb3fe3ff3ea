// S87: the awaiter is cancelled even if all children swallow the cancel.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w(std::string n) {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    log("swallowed", n);
  }
  co_return n;
}

task<> outer() {
  try {
    co_await gather(w("a"), w("b"));
    log("got");
  } catch (const cancelled_error&) {
    log("outer cancelled");
  }
}

task<> body() {
  auto t = spawn(outer());
  co_await sleep(1s);
  t.cancel();
  co_await t;
  log(t.cancelled(), t.cancelling());
  t = spawn(outer());
  co_await sleep(1s);
  t.cancel();
  co_await yield();
  log("second cancel", t.cancel());
  co_await t;
  log(t.cancelled(), t.cancelling());
}

}  // namespace

CONFORMANCE_CASE(gather_outer_cancel_all_swallow) { run(body()); }

}  // namespace jackdaw::conformance
