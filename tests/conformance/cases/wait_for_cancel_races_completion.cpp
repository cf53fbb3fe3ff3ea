// S99, S100: completion against a cancel, and against the deadline.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

template <class A>
task<std::string> w(A awaited, duration d) {
  try {
    co_await timeout(d, std::move(awaited));
    log("woken");
  } catch (const timeout_error&) {
    log("TimeoutError");
    throw;
  } catch (const cancelled_error&) {
    log("CancelledError");
    throw;
  }
  co_return "value";
}

task<> nap() { co_await sleep(10s); }

task<> how_it_ended(join_handle<std::string> t) {
  try {
    log("returned", co_await t);
  } catch (const cancelled_error&) {
    log("cancelled", t.cancelling());
  } catch (const timeout_error&) {
    log("timed out", t.cancelling());
  }
}

task<> against_completion() {
  auto& loop = asyncio::get_running_loop();
  event first;
  auto t = spawn(w(first.wait(), 10s));
  co_await yield();
  first.set();
  t.cancel();
  co_await how_it_ended(t);
  event second;
  t = spawn(w(second.wait(), 10s));
  co_await yield();
  t.cancel();
  second.set();
  co_await how_it_ended(t);
  event third;
  loop.call_later(1s, [&third] { third.set(); });
  t = spawn(w(third.wait(), 1s));
  co_await how_it_ended(t);
  event fourth;
  t = spawn(w(fourth.wait(), 1s));
  co_await yield();
  loop.call_at(loop.time() + 1s, [&fourth] { fourth.set(); });
  co_await how_it_ended(t);
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  co_await against_completion();
  auto t = spawn(w(nap(), 1s));
  loop.call_later(1s, [t] { log("cancel", t.cancel()); });
  co_await how_it_ended(t);
  t = spawn(w(nap(), 1s));
  co_await yield();
  loop.call_at(loop.time() + 1s, [t] { log("cancel", t.cancel()); });
  co_await how_it_ended(t);
}

}  // namespace

CONFORMANCE_CASE(wait_for_cancel_races_completion) { run(body()); }

}  // namespace jackdaw::conformance
