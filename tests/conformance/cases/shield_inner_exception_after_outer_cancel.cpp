// S103: an exception that comes after the waiter has left is nobody's, and reported.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bad() {
  co_await sleep(1ms);
  throw value_error("late");
}

task<> o(join_handle<void> t) { co_await shield(t); }

task<> both(join_handle<void> x, join_handle<void> t) {
  const std::vector ts{x, t};
  co_await wait(ts);
}

task<> body() {
  auto t = spawn(bad());
  const auto x = spawn(o(t));
  co_await settle();
  x.cancel();
  co_await both(x, t);
  co_await settle();
  t = {};
  log("end (3.11-3.13: inner exception reported only by never-retrieved)");
}

}  // namespace

CONFORMANCE_CASE(shield_inner_exception_after_outer_cancel, any_order) {
  run(body(), [](const failure& failure) { log("HANDLER", failure.message); });
}

}  // namespace jackdaw::conformance
