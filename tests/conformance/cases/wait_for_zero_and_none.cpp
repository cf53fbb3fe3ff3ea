// S97, S98: no time at all, and no limit.
#include "../case.hpp"
#include "../turn_counter.hpp"

#include <optional>

namespace jackdaw::conformance {
namespace {

using text_future = future<std::string>;

task<std::string> c() {
  log("NEVER");
  co_return "1";
}

task<std::string> stubborn() {
  bool cancelled = false;
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    log("cancelled; takes its time");
    cancelled = true;
  }
  if (cancelled) {
    co_await sleep(2s);
  }
  co_return "value";
}

task<std::string> failing() {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    throw value_error("instead");
  }
  co_return "";
}

task<std::string> value() { co_return "plain"; }
task<std::string> nap() {
  co_await sleep(100s);
  co_return "";
}

template <class A>
task<> w(const turn_counter& n, A awaited, std::optional<duration> limit) {
  const int a = n.turns;
  try {
    const std::string result = co_await wait_for(std::move(awaited), limit);
    log("returned", result, "turns", n.turns - a);
  } catch (const timeout_error&) {
    log("TimeoutError", "turns", n.turns - a);
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()), "turns", n.turns - a);
  } catch (const cancelled_error&) {
    log("CancelledError", "turns", n.turns - a);
    throw;
  }
}

task<> without_time(const turn_counter& n, duration limit) {
  const text_future done;
  done.set_result("done");
  co_await w(n, done, limit);
  const text_future failed;
  failed.set_exception(value_error("failed"));
  co_await w(n, failed, limit);
  const text_future pending;
  co_await w(n, pending, limit);
  log("cancelled", pending.cancelled());
  co_await w(n, c(), limit);
  auto t = spawn(c());
  co_await w(n, t, limit);
  log("cancelled", t.cancelled());
  t = spawn(nap());
  co_await yield();
  co_await w(n, t, limit);
  log("cancelled", t.cancelled());
}

task<> answers(const turn_counter& n, task<std::string> body) {
  const auto& loop = asyncio::get_running_loop();
  const auto t = spawn(std::move(body));
  co_await yield();
  const auto start = seconds(loop);
  co_await w(n, t, 0s);
  log("took", seconds(loop) - start);
}

task<> of_what_is_no_task(const turn_counter& n) {
  event e;
  e.set();
  const int a = n.turns;
  try {
    co_await wait_for(e.wait(), 0s);
    log("NEVER");
  } catch (const timeout_error&) {
    log("TimeoutError", "turns", n.turns - a);
  }
}

task<> body() {
  turn_counter n;
  n.tick();
  log("limit", 0);
  co_await without_time(n, 0s);
  log("limit", -1);
  co_await without_time(n, -1s);
  n.stop = true;
  co_await yield();
  co_await answers(n, stubborn());
  co_await answers(n, failing());
  co_await of_what_is_no_task(n);
  co_await w(n, value(), std::nullopt);
  const auto t = spawn(w(n, nap(), std::nullopt));
  co_await sleep(1s);
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("cancelled");
  }
}

}  // namespace

CONFORMANCE_CASE(wait_for_zero_and_none) { run(body()); }

}  // namespace jackdaw::conformance
