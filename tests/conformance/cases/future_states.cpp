// S25, S33: pending, then finished or cancelled, once.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

using text_future = future<std::string>;

void state(const text_future& f) {
  const bool done = f.done();
  const bool cancelled = f.cancelled();
  try {
    log(done, cancelled, f.result());
  } catch (const invalid_state_error& e) {
    log(done, cancelled, e.what());
  } catch (const cancelled_error&) {
    log(done, cancelled, args(std::current_exception()));
  } catch (const value_error&) {
    log(done, cancelled, repr(std::current_exception()));
  }
}

template <class F>
void again(F set) {
  try {
    set();
    log("NEVER");
  } catch (const invalid_state_error&) {
    log("InvalidStateError");
  }
}

void ended_by(void (*end)(const text_future&)) {
  const text_future f;
  state(f);
  end(f);
  state(f);
  state(f);
  again([&f] { f.set_result("w"); });
  again([&f] { f.set_exception(value_error("f")); });
  log("cancel", f.cancel("again"));
  state(f);
}

task<> body() {
  ended_by([](const text_future& f) { f.set_result("v"); });
  ended_by([](const text_future& f) { f.set_exception(value_error("e")); });
  ended_by([](const text_future& f) { f.cancel(); });
  ended_by([](const text_future& f) { f.cancel("why"); });
  const text_future f;
  f.cancel("twice looked at");
  for (int time = 0; time < 2; ++time) {
    try {
      co_await f;
    } catch (const cancelled_error&) {
      log("awaited", args(std::current_exception()));
    }
  }
  log(ensure_future(f) == f);
}

}  // namespace

CONFORMANCE_CASE(future_states, any_order) { run(body()); }

}  // namespace jackdaw::conformance
