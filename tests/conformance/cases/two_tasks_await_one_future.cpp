// S30: all who await a future run in the turn after its end, in order, in line with its callbacks.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

using text_future = future<std::string>;

std::vector<std::exception_ptr> seen;

task<> w(int n, text_future f) {
  try {
    log(n, "got", co_await f);
  } catch (const value_error&) {
    seen.push_back(std::current_exception());
    log(n, "raised", repr(seen.back()));
  } catch (const cancelled_error&) {
    log(n, "cancelled", args(std::current_exception()));
  }
}

task<> rounds(void (*end)(const text_future&)) {
  auto& loop = asyncio::get_running_loop();
  const text_future f;
  std::vector ws{spawn(w(0, f)), spawn(w(1, f))};
  co_await yield();
  f.add_done_callback([](const text_future&) { log("callback"); });
  ws.push_back(spawn(w(2, f)));
  co_await yield();
  loop.call_soon([] { log("before"); });
  end(f);
  loop.call_soon([] { log("after"); });
  log("set");
  for (const auto& x : ws) {
    co_await x;
  }
}

task<> body() {
  co_await rounds([](const text_future& f) { f.set_result("v"); });
  co_await rounds([](const text_future& f) { f.set_exception(value_error("e")); });
  log("same object", seen[0] == seen[1] && seen[1] == seen[2]);
  seen.clear();
  co_await rounds([](const text_future& f) { f.cancel("msg"); });
  const text_future f;
  const std::vector ws{spawn(w(0, f)), spawn(w(1, f)), spawn(w(2, f))};
  co_await yield();
  const bool cancelled = ws[1].cancel("by one");
  log("cancel one", cancelled, f.cancelled());
  for (const auto& x : ws) {
    co_await x;
  }
}

}  // namespace

CONFORMANCE_CASE(two_tasks_await_one_future) { run(body()); }

}  // namespace jackdaw::conformance
