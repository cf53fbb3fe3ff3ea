// S82: locals die innermost coroutine first.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> c() {
  const logs_its_end c1("c1", "left");
  const logs_its_end c2("c2", "left");
  co_await sleep(10s);
}

task<> b() {
  const logs_its_end local("b", "left");
  try {
    co_await c();
  } catch (const cancelled_error&) {
    log("b sees it");
    throw;
  }
}

task<> a() {
  const logs_its_end local("a", "left");
  co_await b();
}

task<> body() {
  const auto t = spawn(a());
  co_await settle();
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("cancelled");
  }
}

}  // namespace

CONFORMANCE_CASE(cancel_unwinds_inner_first, any_order) { run(body()); }

}  // namespace jackdaw::conformance
