// S88: cancelling a gather that is done does nothing.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(int n) {
  try {
    co_await sleep(10ms);
    log("child finished", n);
  } catch (const cancelled_error&) {
    log("NEVER");
  }
}

task<> bad() {
  throw value_error();
  co_return;
}

task<> body() {
  const auto g = gather(bad(), w(1), w(2));
  try {
    co_await g;
  } catch (const value_error&) {
    log("cancel ->", g.cancel());
  }
  co_await sleep(30ms);
}

}  // namespace

CONFORMANCE_CASE(gather_cancel_after_done_does_not_cancel_children, any_order) { run(body()); }

}  // namespace jackdaw::conformance
