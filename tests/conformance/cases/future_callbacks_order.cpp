// S26 to S28: callbacks run from the ready queue in the order of registration; a removed one never.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

using text_future = future<std::string>;

auto cb(std::string x) {
  return [x](const text_future& f) { log("cb", x, f.result()); };
}

void nested(const text_future& f) {
  log("nested");
  f.add_done_callback(cb("of a callback"));
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const text_future f;
  f.add_done_callback(cb("1"));
  const auto second = f.add_done_callback(cb("2"));
  const auto third = f.add_done_callback(cb("3"));
  log("removed", f.remove_done_callback(second));
  log("removed again", f.remove_done_callback(second));
  f.set_result("R");
  log("after set_result, done =", f.done());
  log("removed after set_result", f.remove_done_callback(third));
  f.add_done_callback(cb("late"));
  loop.call_soon([] { log("call_soon"); });
  co_await yield();
  log("tick");
  try {
    f.set_result("1");
  } catch (const invalid_state_error&) {
    log("InvalidStateError");
  }
  log("cancel done ->", f.cancel());
  f.add_done_callback(nested);
  co_await yield();
  log("tick");
  co_await yield();
  log("tick");
}

}  // namespace

CONFORMANCE_CASE(future_callbacks_order) { run(body()); }

}  // namespace jackdaw::conformance
