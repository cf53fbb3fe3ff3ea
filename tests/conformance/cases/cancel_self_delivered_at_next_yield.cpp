// S69: a cancel of oneself is delivered at the next suspension; an awaited task gets it at once.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

template <class A>
task<> attempt(std::string n, A awaited) {
  this_task::cancel(n);
  log(n, "cancelling", this_task::cancelling());
  try {
    if constexpr (std::is_same_v<await_result<A>, std::string>) {
      log(n, "returned", co_await std::move(awaited));
    } else {
      co_await std::move(awaited);
      log(n, "NEVER");
    }
  } catch (const cancelled_error&) {
    log(n, "raised", args(std::current_exception()));
  }
  this_task::uncancel();
  co_await yield();
  log(n, "later awaits work");
}

template <class A>
task<> round(std::string n, A awaited) {
  const auto t = spawn(attempt(n, std::move(awaited)), n);
  asyncio::get_running_loop().call_soon([n] { log(n, "a callback of the same turn"); });
  co_await t;
}

task<std::string> quick() { co_return "no suspension"; }
task<> nap(duration d) { co_await sleep(d); }

task<> child() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("child cancelled", args(std::current_exception()));
    throw;
  }
}

task<> body() {
  mutex lock;
  co_await lock.lock();
  event e;
  queue<int> q;
  const auto unstarted = spawn(child());
  co_await round("coroutine", quick());
  co_await round("sleep0", sleep(0s));
  co_await round("sleep", nap(5s));
  co_await round("event", e.wait());
  co_await round("lock", lock.lock());
  co_await round("queue", q.get());
  co_await round("unstarted task", unstarted);
  co_await round("wait_for", timeout(5s, nap(1s)));
  const auto c = spawn(child());
  co_await yield();
  co_await spawn(attempt("started task", c));
  log("child cancelled", c.cancelled());
  log("time has not moved", seconds(asyncio::get_running_loop()));
}

}  // namespace

CONFORMANCE_CASE(cancel_self_delivered_at_next_yield) { run(body()); }

}  // namespace jackdaw::conformance
