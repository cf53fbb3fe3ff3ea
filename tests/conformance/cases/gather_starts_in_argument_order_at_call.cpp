// S83: gather() makes the tasks when it is called, in argument order.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<int> w(int n) {
  log("start", n);
  co_await yield();
  log("end", n);
  co_return n;
}

task<std::string> later() {
  log("start later");
  co_await yield();
  log("end later");
  co_return "later";
}

task<> body() {
  std::vector<task<int>> ws;
  for (int i = 0; i < 4; ++i) {
    ws.push_back(w(i));
  }
  auto g = gather(std::move(ws));
  log("called");
  asyncio::get_running_loop().call_soon([] { log("callback"); });
  co_await yield();
  const auto t = spawn(later());
  log("before await");
  log(co_await std::move(g));
  log(co_await t);
}

}  // namespace

CONFORMANCE_CASE(gather_starts_in_argument_order_at_call) { run(body()); }

}  // namespace jackdaw::conformance
