// S99: done and cancelled in one turn: cancelled.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w(future<std::string> f) { co_return co_await wait_for(f, 10s); }

task<std::string> plain(future<std::string> f) { co_return co_await f; }

task<> cancelled_when_done(join_handle<std::string> t, future<std::string> f, std::string name) {
  co_await yield();
  f.set_result("value");
  t.cancel();
  try {
    log(name + "returned", co_await t);
  } catch (const cancelled_error&) {
    log(name + "CancelledError");
  }
}

task<> body() {
  const future<std::string> f;
  co_await cancelled_when_done(spawn(w(f)), f, "");
  const future<std::string> g;
  co_await cancelled_when_done(spawn(plain(g)), g, "plain await ");
}

}  // namespace

CONFORMANCE_CASE(wait_for_cancel_vs_completion_race) { run(body()); }

}  // namespace jackdaw::conformance
