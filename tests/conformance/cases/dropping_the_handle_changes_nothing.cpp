// S55: a task that something can wake goes on without a handle.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bg(int n, event& e) {
  log("start", n);
  co_await sleep(1s);
  log("slept", n);
  co_await e.wait();
  log("end", n);
}

task<> body() {
  event e;
  spawn(bg(1, e));
  spawn(bg(2, e));
  co_await sleep(2s);
  e.set();
  log("set");
  co_await settle();
  log("main ends");
}

}  // namespace

CONFORMANCE_CASE(dropping_the_handle_changes_nothing, any_order) { run(body()); }

}  // namespace jackdaw::conformance
