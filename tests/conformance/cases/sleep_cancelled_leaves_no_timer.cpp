// S45: a cancelled sleep takes its timer with it.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> s(duration d) {
  try {
    co_await sleep(d);
    log("slept");
  } catch (const cancelled_error&) {
    log("cancelled");
    throw;
  }
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const auto t = spawn(s(100s));
  co_await sleep(1s);
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("t cancelled at", seconds(loop));
  }
  co_await s(200s);
  log("at", seconds(loop));
}

}  // namespace

CONFORMANCE_CASE(sleep_cancelled_leaves_no_timer) { run(body()); }

}  // namespace jackdaw::conformance
