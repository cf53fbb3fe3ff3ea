// S33, S71, S74: where the message of a cancel goes.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

template <class A>
task<> w(A awaited) {
  try {
    co_await std::move(awaited);
  } catch (const cancelled_error&) {
    log("body", args(std::current_exception()));
    throw;
  }
}

task<> nap(duration d) { co_await sleep(d); }
task<> quick() { co_return; }

task<> report(join_handle<void> t) {
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("task", args(std::current_exception()));
  }
}

task<> two_requests() {
  auto t = spawn(w(nap(10s)));
  co_await yield();
  t.cancel("first");
  t.cancel("second");
  co_await report(t);
  t = spawn(w(nap(0s)));
  co_await yield();
  t.cancel("first");
  t.cancel("second");
  co_await report(t);
  t = spawn(w(nap(10s)));
  co_await yield();
  t.cancel();
  co_await report(t);
  t = spawn(w(nap(10s)));
  co_await yield();
  t.cancel();
  t.cancel("later");
  co_await report(t);
  t = spawn(quick());
  t.cancel("before start");
  t.cancel("before start, second");
  co_await report(t);
}

task<> body() {
  co_await two_requests();
  auto i = spawn(w(nap(10s)));
  auto o = spawn(w(i));
  co_await turns(2);
  o.cancel("outer");
  co_await report(o);
  i = spawn(w(nap(10s)));
  o = spawn(w(i));
  co_await turns(2);
  i.cancel("inner");
  co_await report(o);
}

}  // namespace

CONFORMANCE_CASE(cancel_message) { run(body()); }

}  // namespace jackdaw::conformance
