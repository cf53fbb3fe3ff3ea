// S43: the number of turns that each kind of await costs.
#include "../case.hpp"
#include "../turn_counter.hpp"

namespace jackdaw::conformance {
namespace {

task<int> child() { co_return 1; }
task<int> slow() {
  co_await turns(2);
  co_return 2;
}
task<int> bad() {
  throw value_error();
  co_return 0;
}

template <class A>
task<> cost(turn_counter& counter, std::string_view what, A awaited) {
  const int before = counter.turns;
  try {
    co_await std::move(awaited);
  } catch (const value_error&) {
  }
  log(what, counter.turns - before);
}

task<> notifier(mutex& lock, condition& changed) {
  const auto held = co_await lock.scoped_lock();
  changed.notify();
}

task<> tasks_and_sets(turn_counter& n) {
  co_await cost(n, "coroutine", child());
  co_await cost(n, "sleep(0)", sleep(0s));
  co_await cost(n, "task", spawn(child()));
  co_await cost(n, "slow task", spawn(slow()));
  co_await cost(n, "failing task", spawn(bad()));
  co_await cost(n, "gather 1", gather(child()));
  co_await cost(n, "gather 3", gather(child(), child(), child()));
  co_await cost(n, "gather slow", gather(child(), slow()));
  co_await cost(n, "gather failing", gather(slow(), bad()));
  co_await cost(n, "gather done", gather(std::vector<task<int>>()));
  co_await cost(n, "wait_for coroutine", timeout(10s, child()));
  co_await cost(n, "wait_for task", timeout(10s, spawn(child())));
  co_await cost(n, "shield", shield(spawn(child())));
  co_await cost(n, "shield slow", shield(spawn(slow())));
}

task<> primitives(turn_counter& n) {
  event e;
  n.loop.call_soon([&e] { e.set(); });
  co_await cost(n, "event", e.wait());
  mutex lock;
  co_await lock.lock();
  n.loop.call_soon([&lock] { lock.unlock(); });
  co_await cost(n, "lock", lock.lock());
  queue<int> q;
  n.loop.call_soon([&q] { static_cast<void>(q.try_put(1)); });
  co_await cost(n, "queue", q.get());
  semaphore s(0);
  n.loop.call_soon([&s] { s.release(); });
  co_await cost(n, "semaphore", s.acquire());
  mutex guarding;
  condition c(guarding);
  co_await guarding.lock();
  spawn(notifier(guarding, c));
  co_await cost(n, "condition", c.wait());
  guarding.unlock();
  barrier b(2);
  spawn(b.wait());
  co_await cost(n, "barrier, last", b.wait());
  const auto x = spawn(b.wait());
  const auto y = spawn(b.wait());
  co_await cost(n, "barrier, first", x);
}

task<> nap() { co_await sleep(10s); }

task<> body() {
  turn_counter n;
  n.tick();
  co_await tasks_and_sets(n);
  co_await primitives(n);
  const auto sleeper = spawn(nap());
  co_await yield();
  int before = n.turns;
  sleeper.cancel();
  co_await ended_cancelled(sleeper);
  log("cancelled task", n.turns - before);
  const auto unstarted = spawn(nap());
  before = n.turns;
  unstarted.cancel();
  co_await ended_cancelled(unstarted);
  log("cancelled before start", n.turns - before);
  n.stop = true;
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(hop_counts) { run(body()); }

}  // namespace jackdaw::conformance
