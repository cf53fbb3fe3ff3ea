// S96: what timed out is cancelled and waited for.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w(std::string then) {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    log("cancelled; cleaning");
  }
  co_await sleep(5s);
  log("cleaned");
  if (then == "raise") {
    throw value_error("in cleanup");
  }
  if (then == "cancelled") {
    throw cancelled_error();
  }
  co_return then;
}

task<> nap() { co_await sleep(100s); }

task<> body() {
  auto& loop = asyncio::get_running_loop();
  for (const char* then : {"value", "raise", "cancelled"}) {
    try {
      log("returned", co_await timeout(1s, w(then)));
    } catch (const std::exception&) {
      log("raised", type_name(std::current_exception()));
    }
    log("at", seconds(loop), "cancelling", this_task::cancelling());
  }
  auto t = spawn(w("task value"));
  co_await yield();
  const std::string returned = co_await timeout(1s, t);
  log("returned", returned, "cancelling of the task", t.cancelling());
  t = spawn(w("cancelled"));
  co_await yield();
  try {
    co_await timeout(1s, t);
  } catch (const timeout_error&) {
    log("TimeoutError; task cancelled", t.cancelled());
  }
  const auto u = spawn(nap());
  try {
    co_await timeout(1s, u);
  } catch (const timeout_error&) {
    log("TimeoutError at", seconds(loop), u.cancelled());
  }
}

}  // namespace

CONFORMANCE_CASE(wait_for_timeout_waits_for_cleanup) { run(body()); }

}  // namespace jackdaw::conformance
