// S87: what ends a gather whose awaiter was cancelled.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w(std::string n, duration cleanup, std::string how) {
  try {
    co_await sleep(100s);
    log("NEVER");
  } catch (const cancelled_error&) {
    log("cancelled", n);
  }
  co_await sleep(cleanup);
  log("cleaned", n);
  if (n == how) {
    throw value_error(n);
  }
  if (how == "cancelled") {
    throw cancelled_error();
  }
  co_return n;
}

task<std::string> quick() { co_return "done before"; }

task<> outer(std::string how) {
  try {
    co_await gather(w("a", 3s, how), w("b", 1s, how), w("c", 2s, how), quick());
    log("got");
  } catch (const cancelled_error&) {
    log("outer raised CancelledError; cancelling", this_task::cancelling());
    throw;
  }
}

task<> round(std::string how) {
  auto& loop = asyncio::get_running_loop();
  log(how);
  const auto start = seconds(loop);
  const auto t = spawn(outer(how));
  co_await sleep(1s);
  log("cancel", t.cancel());
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("cancelled", t.cancelled(), "at", seconds(loop) - start);
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()), "at", seconds(loop) - start);
  }
  co_await sleep(5s);
}

task<> body() {
  co_await round("return");
  co_await round("cancelled");
  co_await round("b");
}

}  // namespace

CONFORMANCE_CASE(gather_outer_cancel) { run(body()); }

}  // namespace jackdaw::conformance
