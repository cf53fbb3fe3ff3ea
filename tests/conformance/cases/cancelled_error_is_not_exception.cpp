// S61: a handler of ordinary exceptions lets it pass; thrown without cancel() it cancels the task as well.
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

task<> x() {
  throw cancelled_error("made up");
  co_return;
}

task<> wait_for_one(join_handle<void> t) { co_await wait(std::vector(1, t)); }

task<> body() {
  auto t = spawn(w());
  co_await settle();
  t.cancel();
  co_await wait_for_one(t);
  log("w cancelled", t.cancelled());
  t = spawn(x());
  co_await wait_for_one(t);
  log("x cancelled", t.cancelled(), t.cancelling());
  try {
    static_cast<void>(t.exception());
  } catch (const cancelled_error&) {
    log("exception() raises CancelledError", args(std::current_exception()));
  }
}

}  // namespace

CONFORMANCE_CASE(cancelled_error_is_not_exception, any_order) { run(body()); }

}  // namespace jackdaw::conformance
