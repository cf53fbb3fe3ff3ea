// S181, S184: what is pending when the loop is closed is destroyed and reported.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

join_handle<void> t;

task<> w() {
  log("starts");
  co_await sleep(10s);
  log("NEVER");
}

task<> body() {
  t = spawn(w());
  co_await yield();
  log("main returns");
}

}  // namespace

CONFORMANCE_CASE(pending_at_close_is_reported) {
  virtual_loop loop([](const failure& failure) { log("HANDLER", failure.message); });
  loop->run_until_complete(body());
  log("close");
  loop->close();
  t = {};
  log("end");
}

}  // namespace jackdaw::conformance
