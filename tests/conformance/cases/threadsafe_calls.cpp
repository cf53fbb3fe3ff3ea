// S5, S22: call_soon_threadsafe() wakes the loop; calls of one thread stay in order.
#include "../case.hpp"

#include <thread>

namespace jackdaw::conformance {
namespace {

task<> body(asyncio::event_loop& loop) {
  event e;
  std::thread th([&] { loop.call_soon_threadsafe([&e] { e.set(); }); });
  co_await e.wait();
  th.join();
  log("event set from a thread");
}

}  // namespace

CONFORMANCE_CASE(threadsafe_calls) {
  real_loop loop;
  std::thread th;
  loop->call_soon([&] {
    th = std::thread([&] {
      for (int i = 0; i < 5; ++i) {
        loop->call_soon_threadsafe([i] { log("from thread", i); });
      }
      loop->call_soon_threadsafe([&] { loop->stop(); });
    });
  });
  loop->run_forever();
  th.join();
  log("stopped");
  loop->run_until_complete(body(*loop));
  loop->call_soon([] { log("soon 1"); });
  loop->call_soon_threadsafe([] { log("threadsafe 2"); });
  loop->call_soon([] { log("soon 3"); });
  loop->call_soon([&] { loop->stop(); });
  loop->run_forever();
  loop->close();
  try {
    loop->call_soon_threadsafe([] {});
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

}  // namespace jackdaw::conformance
