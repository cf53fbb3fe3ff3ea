// S123, S125: a body runs to its first suspension even if the time is over.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> runs(int d, bool suspends) {
  log(d, "runs");
  if (suspends) {
    co_await yield();
    log("NEVER");
  }
  co_return "completed";
}

task<> body() {
  for (const int d : {0, -1}) {
    for (const bool suspends : {false, true}) {
      try {
        log(co_await timeout(d * 1s, runs(d, suspends)));
      } catch (const timeout_error&) {
        log("TimeoutError; cancelling", this_task::cancelling());
      }
      co_await yield();
      log("later awaits work", this_task::cancelling());
    }
  }
}

}  // namespace

CONFORMANCE_CASE(timeout_in_the_past) { run(body()); }

}  // namespace jackdaw::conformance
