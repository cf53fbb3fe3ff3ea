// S75, S179: an exception that nobody has seen is reported when the last handle is dropped.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bad(std::string n) {
  throw value_error(n);
  co_return;
}

task<> body() {
  auto t = spawn(bad("kept"));
  co_await settle();
  log("done, handle kept: silent", t.done());
  t = {};
  log("dropped");
  t = spawn(bad("looked at"));
  co_await settle();
  log("exception", repr(t.exception()));
  t = spawn(bad("cancelled"));
  co_await settle();
  log("cancel", t.cancel());
  t = spawn(bad("awaited"));
  try {
    co_await t;
  } catch (const value_error&) {
    log("awaited");
  }
  t = {};
  spawn(bad("no handle"));
  log("created");
  co_await settle();
  log("end");
}

}  // namespace

CONFORMANCE_CASE(task_exception_never_retrieved, any_order) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
