// S77: clean-up may await, and be cancelled itself.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> interrupted() { co_await sleep(10s); }

task<> cleanup() {
  log("cleanup start");
  const logs_its_end at_exit("finally", "cleanup");
  try {
    co_await sleep(10s);
    log("NEVER");
  } catch (const cancelled_error&) {
    log("cleanup interrupted");
    throw;
  }
}

task<> body() {
  const auto t = spawn(finally(interrupted(), cleanup));
  co_await settle();
  t.cancel();
  co_await settle();
  t.cancel();
  try {
    co_await t;
  } catch (...) {
    log(type_name(std::current_exception()), t.cancelling());
  }
}

}  // namespace

CONFORMANCE_CASE(cancel_during_cleanup, any_order) { run(body()); }

}  // namespace jackdaw::conformance
