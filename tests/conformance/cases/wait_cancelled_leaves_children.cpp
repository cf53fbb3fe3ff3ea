// S92: a cancelled waiter leaves what it waited for as it is.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> outer(join_handle<std::string> t) { co_await wait(std::vector(1, t)); }

task<> body() {
  const auto t = spawn(sleep_for<std::string>(10ms, "r"));
  const auto o = spawn(outer(t));
  co_await settle();
  o.cancel();
  co_await gather(return_exceptions, o);
  const bool cancelled = t.cancelled();
  log(o.cancelled(), cancelled, co_await t);
}

}  // namespace

CONFORMANCE_CASE(wait_cancelled_leaves_children, any_order) { run(body()); }

}  // namespace jackdaw::conformance
