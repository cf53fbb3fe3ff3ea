// S9: call_later(0) goes through the heap.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> body() {
  auto& loop = asyncio::get_running_loop();
  loop.call_later(0s, [] { log("later 0"); });
  loop.call_later(-5s, [] { log("later -5"); });
  loop.call_soon([&loop] {
    log("soon");
    loop.call_soon([] { log("made ready by soon"); });
  });
  loop.call_soon([] { log("soon 2"); });
  co_await yield();
  log("main after one turn");
  co_await turns(2);
}

}  // namespace

CONFORMANCE_CASE(timer_vs_soon) { run(body()); }

}  // namespace jackdaw::conformance
