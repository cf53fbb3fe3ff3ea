// S75: cancel() of a task that is done: false, and the count stays.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> ok() { co_return; }
task<> bad() {
  throw value_error();
  co_return;
}

task<> cancel_late(task<> body) {
  const auto t = spawn(std::move(body));
  co_await yield();
  const bool first = t.cancel();
  const bool second = t.cancel("m");
  log(t.done(), first, second, t.cancelling(), t.cancelled());
}

task<> body() {
  co_await cancel_late(ok());
  co_await cancel_late(bad());
  const auto t = spawn(ok());
  t.cancel();
  co_await yield();
  const bool again = t.cancel();
  log(t.done(), again, t.cancelling(), t.cancelled());
}

}  // namespace

CONFORMANCE_CASE(cancel_of_done_task) { run(body()); }

}  // namespace jackdaw::conformance
