// S71, S75: two requests before the task runs are one error and count two.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<int> w() {
  int n = 0;
  for (int i = 0; i < 3; ++i) {
    try {
      co_await sleep(1ms);
    } catch (const cancelled_error&) {
      ++n;
      log("caught", n, this_task::cancelling());
    }
  }
  co_return n;
}

task<> body() {
  const auto t = spawn(w());
  co_await yield();
  const bool a = t.cancel("a");
  const bool b = t.cancel("b");
  log(a, b, t.cancelling());
  const int result = co_await t;
  log("result", result, t.cancelling(), t.cancelled());
  const bool late = t.cancel();
  log("cancel finished ->", late, t.cancelling());
}

}  // namespace

CONFORMANCE_CASE(cancel_twice_same_tick) { run(body()); }

}  // namespace jackdaw::conformance
