// S165: the shutdown runs, however main ends.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bg() {
  const logs_its_end at_exit("ends", "bg");
  co_await sleep(100s);
}

task<> body(std::string how) {
  spawn(bg());
  co_await settle();
  log(how);
  if (how == "raise") {
    throw value_error("main");
  }
  this_task::cancel();
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(run_raises_after_shutdown, any_order) {
  try {
    run(body("raise"));
  } catch (const value_error&) {
    log("run raised", repr(std::current_exception()));
  }
  try {
    run(body("cancel"));
  } catch (const cancelled_error&) {
    log("run raised CancelledError");
  }
}

}  // namespace jackdaw::conformance
