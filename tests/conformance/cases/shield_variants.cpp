// S102 to S104: futures behind a shield; one that is cancelled, awaited twice, or dropped.
#include "../case.hpp"

#include <optional>

namespace jackdaw::conformance {
namespace {

using text_future = future<std::string>;

task<> w(text_future f) {
  try {
    log("got", co_await f);
  } catch (const cancelled_error&) {
    log("cancelled", args(std::current_exception()));
    throw;
  } catch (const value_error&) {
    log("raised", repr(std::current_exception()));
  }
}

task<> waiter_leaves() {
  const text_future f;
  const auto s = shield(f);
  const auto t = spawn(w(s));
  co_await yield();
  const bool cancelled = t.cancel("msg");
  log(cancelled, s.cancelled(), f.cancelled());
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("left");
  }
  f.set_result("1");
  log(f.result(), s.cancelled());
}

task<> result_and_cancellation() {
  const text_future f;
  const auto s = shield(f);
  f.set_result("v");
  log("a turn later", s.done());
  co_await yield();
  log(s.done(), s.result());
  const text_future g;
  const auto other = shield(g);
  g.cancel("msg");
  try {
    co_await other;
  } catch (const cancelled_error&) {
    log("inner cancelled", args(std::current_exception()), other.cancelled());
  }
}

text_future failed_and_left() {
  const text_future f;
  auto s = shield(f);
  f.set_exception(value_error("in the same turn"));
  s.cancel();
  return s;
}

task<> left_and_failed() {
  const text_future f;
  const auto s = shield(f);
  s.cancel();
  co_await yield();
  f.set_exception(value_error("after"));
  co_await yield();
  log("dropping");
}

task<> nobody_awaits() {
  std::optional<text_future> f(std::in_place);
  std::optional<text_future> s(shield(*f));
  f->set_exception(value_error("nobody awaits"));
  co_await yield();
  log("dropping inner");
  f.reset();
  log("dropping outer");
  s.reset();
  log("dropped");
}

task<> awaited_twice() {
  const text_future f;
  const auto s = shield(f);
  const std::vector ts{spawn(w(s)), spawn(w(s))};
  co_await yield();
  f.set_result("for both");
  co_await gather(ts);
}

task<> shielded_twice() {
  const text_future f;
  const auto a = shield(f);
  const auto b = shield(f);
  a.cancel();
  f.set_result("for one");
  co_await w(b);
  log(a.cancelled());
}

task<> body() {
  co_await waiter_leaves();
  co_await result_and_cancellation();
  {
    const auto s = failed_and_left();
    co_await turns(2);
  }
  log("seen by the shield");
  co_await left_and_failed();
  log("dropped");
  co_await nobody_awaits();
  co_await awaited_twice();
  co_await shielded_twice();
}

}  // namespace

CONFORMANCE_CASE(shield_variants) { run(body(), log_failure); }

}  // namespace jackdaw::conformance
