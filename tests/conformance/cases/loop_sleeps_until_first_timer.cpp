// S5, S12: the loop sleeps until the first timer that is not cancelled.
#include "../case.hpp"

namespace jackdaw::conformance {
CONFORMANCE_CASE(loop_sleeps_until_first_timer) {
  virtual_loop loop;
  const auto at = [&](const char* what) { log(what, seconds(*loop)); };
  const auto a = loop->call_later(1s, [&] { at("NEVER"); });
  loop->call_later(5s, [&] { at("five"); });
  const auto b = loop->call_later(3s, [&] { at("NEVER"); });
  a.cancel();
  b.cancel();
  loop->call_later(7s, [&] { loop->stop(); });
  loop->run_forever();
  at("stopped");
  loop->close();
}

}  // namespace jackdaw::conformance
