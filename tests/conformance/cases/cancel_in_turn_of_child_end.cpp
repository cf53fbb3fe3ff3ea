// S64, S66: a child ends, and its awaiter is cancelled, in both orders.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> child(event& e) {
  co_await e.wait();
  co_return "value";
}

task<> outer(join_handle<std::string> c) {
  try {
    log("outer got", co_await c);
  } catch (const cancelled_error&) {
    log("outer cancelled");
    throw;
  }
}

enum class step { set, cancel, turn };

task<> round(std::string order, std::vector<step> steps) {
  event e;
  const auto c = spawn(child(e));
  const auto o = spawn(outer(c));
  co_await turns(2);
  for (const step each : steps) {
    if (each == step::set) {
      e.set();
    } else if (each == step::cancel) {
      log(order, "->", o.cancel());
    } else {
      co_await yield();
    }
  }
  co_await ended_cancelled(o);
  co_await ended_cancelled(c);
  log("child cancelled", c.cancelled(), "outer cancelled", o.cancelled(), c.cancelling(),
      o.cancelling());
}

task<> body() {
  using enum step;
  const std::vector<std::vector<step>> orders = {
      {set, cancel}, {cancel, set}, {set, turn, cancel}, {set, turn, turn, cancel}};
  co_await round("set, cancel", orders[0]);
  co_await round("cancel, set", orders[1]);
  co_await round("set, a turn, cancel", orders[2]);
  co_await round("set, two turns, cancel", orders[3]);
}

}  // namespace

CONFORMANCE_CASE(cancel_in_turn_of_child_end) { run(body()); }

}  // namespace jackdaw::conformance
