// S6: timers fire by deadline; one made in a timer's callback waits for the next turn.
#include "../case.hpp"

namespace jackdaw::conformance {
CONFORMANCE_CASE(timer_order_by_when) {
  virtual_loop loop;
  const time_point t = loop->time();
  loop->call_at(t + 30ms, [] { log("30"); });
  loop->call_at(t + 10ms, [] { log("10"); });
  loop->call_at(t + 20ms, [&] {
    log("20");
    loop->call_at(t, [] { log("past (created in 20)"); });
    loop->call_soon([] { log("soon (created in 20)"); });
  });
  loop->call_at(t + 50ms, [&] { loop->stop(); });
  loop->run_forever();
  loop->close();
}

}  // namespace jackdaw::conformance
