// S1, S2: call_soon() is FIFO, and what a turn makes ready waits for the next.
#include "../case.hpp"

namespace jackdaw::conformance {
CONFORMANCE_CASE(call_soon_fifo_next_iteration) {
  virtual_loop loop;
  const auto c = [&] {
    log("c");
    loop->call_soon([&] { loop->stop(); });
  };
  const auto a = [&] {
    log("a");
    loop->call_soon(c);
    loop->call_soon([] { log("d"); });
  };
  loop->call_soon(a);
  loop->call_soon([] { log("b"); });
  loop->run_forever();
  log("stopped");
  loop->close();
}

}  // namespace jackdaw::conformance
