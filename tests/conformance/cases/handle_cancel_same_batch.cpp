// S11: a cancelled handle is skipped in its own turn too, and what its function holds dies at once.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> body() {
  auto& loop = asyncio::get_running_loop();
  asyncio::handle second;
  loop.call_soon([&second] {
    log("first");
    second.cancel();
    log("cancelled", second.cancelled());
    second.cancel();
  });
  second = loop.call_soon([held = logs_its_end("second")] { log("NEVER", held.name()); });
  loop.call_soon([] { log("third"); });
  co_await yield();
  log("turn over");
  const auto t = loop.call_later(1s, [held = logs_its_end("timer")] { log("NEVER", held.name()); });
  log(t.cancelled());
  t.cancel();
  log(t.cancelled());
  co_await sleep(2s);
  log("end");
}

}  // namespace

CONFORMANCE_CASE(handle_cancel_same_batch) { run(body()); }

}  // namespace jackdaw::conformance
