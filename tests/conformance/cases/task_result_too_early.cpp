// S25: result() and exception() of a task that is not done.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> c() { co_await yield(); }

template <class F>
void log_error(F look) {
  try {
    look();
  } catch (const invalid_state_error& e) {
    log(e.what());
  }
}

task<> body() {
  const auto t = spawn(c());
  log_error([&] { static_cast<void>(t.result()); });
  log_error([&] { static_cast<void>(t.exception()); });
  t.cancel();
  log("cancelled", t.cancelled());
  log_error([&] { static_cast<void>(t.result()); });
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("cancelled", t.cancelled());
  }
  try {
    static_cast<void>(t.result());
  } catch (const cancelled_error&) {
    log("result() of a cancelled task raises CancelledError");
  }
}

}  // namespace

CONFORMANCE_CASE(task_result_too_early, any_order) { run(body()); }

}  // namespace jackdaw::conformance
