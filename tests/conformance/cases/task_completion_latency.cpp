// S43: turns from the end of a child to its callback and its parent, and what else costs how many.
#include "../case.hpp"
#include "../turn_counter.hpp"

namespace jackdaw::conformance {
namespace {

task<int> child(const turn_counter& n) {
  log("child at", n.turns);
  co_return 1;
}

template <class A>
task<> cost(const turn_counter& n, std::string_view what, A awaited) {
  const int before = n.turns;
  co_await std::move(awaited);
  log(what, "costs", n.turns - before);
}

template <class A>
task<> all_completed(std::vector<A> awaited) {
  auto each = as_completed(std::move(awaited));
  while (each.has_next()) {
    const auto one = co_await each.next();
    co_await one;
  }
}

task<> as_one(const turn_counter& n) {
  std::vector<task<int>> one;
  one.push_back(child(n));
  co_await all_completed(std::move(one));
}

future<int> done_future() {
  future<int> f;
  f.set_result(1);
  return f;
}

task<> first(turn_counter& n) {
  const auto t = spawn(child(n));
  t.add_done_callback([&n](const join_handle<int>&) { log("done-cb at", n.turns); });
  co_await t;
  log("parent resumed at", n.turns);
}

task<> futures(turn_counter& n) {
  const future<int> f;
  n.loop.call_soon([f] { f.set_result(1); });
  co_await cost(n, "future", f);
  co_await cost(n, "done future", done_future());
  co_await cost(n, "wait for a done future", wait(std::vector(1, done_future())));
  co_await cost(n, "gather of a done future", gather(done_future()));
  co_await cost(n, "shield of a done future", shield(done_future()));
  co_await cost(n, "as_completed of a done future", all_completed(std::vector(1, done_future())));
}

task<> body() {
  turn_counter n;
  n.tick();
  co_await first(n);
  co_await cost(n, "direct await", child(n));
  co_await cost(n, "task await", spawn(child(n)));
  co_await cost(n, "gather", gather(child(n), child(n)));
  co_await cost(n, "wait", wait(std::vector(1, spawn(child(n)))));
  co_await cost(n, "wait_for(coro)", wait_for(child(n), 10s));
  co_await cost(n, "wait_for(task)", wait_for(spawn(child(n)), 10s));
  co_await cost(n, "shield", shield(child(n)));
  co_await cost(n, "timeout", timeout(10s, child(n)));
  co_await cost(n, "as_completed", as_one(n));
  co_await futures(n);
  n.stop = true;
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(task_completion_latency) { run(body()); }

}  // namespace jackdaw::conformance
