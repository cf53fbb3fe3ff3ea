// S62, S63: cancel() changes nothing at once; the error arrives in the next turn.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("caught");
    log("finally");
    throw;
  }
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const auto t = spawn(w());
  co_await yield();
  loop.call_soon([] { log("callback queued before cancel()"); });
  const bool asked = t.cancel();
  log("cancel ->", asked, "cancelled", t.cancelled(), "done", t.done(), "cancelling",
      t.cancelling());
  loop.call_soon([] { log("callback queued after cancel()"); });
  co_await yield();
  log("next turn: done", t.done(), "cancelled", t.cancelled());
  log("again ->", t.cancel());
}

}  // namespace

CONFORMANCE_CASE(cancel_is_a_request) { run(body()); }

}  // namespace jackdaw::conformance
