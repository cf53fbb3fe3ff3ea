// S20: an exception in a callback is reported; the others of the turn still run.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

void bad() { throw value_error("bad"); }

task<> body() {
  auto& loop = asyncio::get_running_loop();
  loop.call_soon([] { log("before"); });
  loop.call_soon(bad);
  loop.call_soon([] { log("after"); });
  loop.call_later(1s, bad);
  loop.call_later(1500ms, [] { log("timer after"); });
  co_await sleep(2s);
  log("end");
}

}  // namespace

CONFORMANCE_CASE(callback_exception_isolated) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
