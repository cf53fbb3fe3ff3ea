// S70: a cancel that is due when the coroutine returns takes its result; an exception wins over it.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<int> w() {
  this_task::cancel("m");
  co_return 42;
}

task<> x() {
  this_task::cancel();
  throw value_error("v");
  co_return;
}

task<> body() {
  const auto t = spawn(w());
  try {
    log(co_await t);
  } catch (const cancelled_error&) {
    log("CancelledError", args(std::current_exception()), t.cancelled());
  }
  const auto u = spawn(x());
  try {
    co_await u;
  } catch (...) {
    log(type_name(std::current_exception()), u.cancelled());
  }
}

}  // namespace

CONFORMANCE_CASE(cancel_at_end_loses_result, any_order) { run(body()); }

}  // namespace jackdaw::conformance
