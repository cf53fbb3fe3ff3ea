// S10 to S12: when(), cancel() and cancelled() of a timer.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

long long seconds_until(const asyncio::handle& h) {
  const duration left = h.when() - asyncio::get_running_loop().time();
  return std::chrono::duration_cast<std::chrono::seconds>(left).count();
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const auto never = [] { log("NEVER"); };
  auto h = loop.call_later(10s, never);
  log(seconds_until(h), h.cancelled());
  h.cancel();
  h.cancel();
  log(h.cancelled(), seconds_until(h));
  h = loop.call_at(loop.time() + 2s, [] { log("fired"); });
  log(h.cancelled());
  co_await sleep(3s);
  log(h.cancelled(), seconds_until(h));
  h.cancel();
  log(h.cancelled());
  h = loop.call_soon(never);
  h.cancel();
  co_await yield();
  log(h.cancelled());
  const auto a = loop.call_later(1s, [] { log("a"); });
  const auto b = loop.call_later(1s, never);
  loop.call_at(a.when(), [b] { b.cancel(); });
  co_await sleep(2s);
  log("end", b.cancelled());
}

}  // namespace

CONFORMANCE_CASE(timer_handle_api) { run(body()); }

}  // namespace jackdaw::conformance
