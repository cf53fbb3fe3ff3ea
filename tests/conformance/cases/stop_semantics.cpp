// S14, S15: stop() ends the run after the turn; before a run, after one turn.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> body(asyncio::event_loop& loop) {
  loop.stop();
  co_await turns(2);
  log("goes on in the next run");
}

}  // namespace

CONFORMANCE_CASE(stop_semantics) {
  virtual_loop loop;
  loop->call_soon([&] {
    log("a");
    loop->stop();
    loop->call_soon([] { log("made ready in the turn of stop()"); });
  });
  loop->call_soon([] { log("b, same turn"); });
  loop->run_forever();
  log("stopped; running", loop->is_running());
  loop->call_soon([&] { loop->stop(); });
  loop->run_forever();
  log("second run");
  loop->stop();
  loop->call_soon([] { log("one turn"); });
  loop->call_soon([&] { loop->call_soon([] { log("second turn"); }); });
  loop->run_forever();
  log("third run");
  loop->stop();
  loop->run_forever();
  log("fourth run");
  const auto t = loop->create_task(body(*loop));
  try {
    loop->run_until_complete(t);
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
  log("done", t.done());
  loop->run_until_complete(t);
  loop->close();
}

}  // namespace jackdaw::conformance
