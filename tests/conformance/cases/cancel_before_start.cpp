// S68: a task that is cancelled before its first step never runs.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w() {
  log("NEVER body");
  co_await sleep(1s);
}

task<> body() {
  const auto t = spawn(w());
  const bool asked = t.cancel();
  log("cancel ->", asked, t.cancelled(), t.done());
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("CancelledError", t.cancelled());
  }
}

}  // namespace

CONFORMANCE_CASE(cancel_before_start) { run(body()); }

}  // namespace jackdaw::conformance
