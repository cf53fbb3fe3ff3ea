// S61: a handler for std::exception lets a cancel pass.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w() {
  try {
    co_await sleep(10s);
  } catch (const std::exception&) {
    log("NEVER");
  }
}

task<> b() {
  try {
    co_await sleep(10s);
  } catch (const base_exception&) {
    log("caught", type_name(std::current_exception()));
    throw;
  }
}

task<> cancelled(task<> body) {
  const auto t = spawn(std::move(body));
  co_await settle();
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("cancelled", t.cancelled());
  }
}

task<> body() {
  co_await cancelled(w());
  co_await cancelled(b());
}

}  // namespace

CONFORMANCE_CASE(cancelled_error_is_no_exception, any_order) { run(body()); }

}  // namespace jackdaw::conformance
