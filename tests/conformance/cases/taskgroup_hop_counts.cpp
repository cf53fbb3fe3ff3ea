// S43, S110, S122: the number of turns that a group costs.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

struct turn_counter {
  asyncio::event_loop& loop;
  int turns = 0;
  bool stop = false;

  void tick() {
    ++turns;
    if (!stop) {
      loop.call_soon([this] { tick(); });
    }
  }
};

task<int> child() { co_return 1; }
task<int> slow() {
  co_await turns(2);
  co_return 2;
}
task<int> bad() {
  throw value_error();
  co_return 0;
}

struct of_group {
  int yields_of_body = 0;
};

template <class... Ts>
task<> cost(turn_counter& n, std::string_view what, of_group options, task<Ts>... children) {
  const int before = n.turns;
  const task_record* const me = &current_task();
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      if (&current_task() != me) {
        log("another task");
      }
      (tg.create_task(std::move(children)), ...);
      co_await turns(options.yields_of_body);
      log(what, "body", n.turns - before);
    });
  } catch (const exception_group&) {
  }
  log(what, n.turns - before);
}

task<> plain_groups(turn_counter& n) {
  co_await cost(n, "empty", of_group());
  co_await cost(n, "one", of_group(), child());
  co_await cost(n, "three", of_group(), child(), child(), child());
  co_await cost(n, "slow", of_group(), child(), slow());
  co_await cost(n, "failing", of_group(), bad());
  co_await cost(n, "failing and slow", of_group(), bad(), slow());
  of_group options;
  options.yields_of_body = 2;
  co_await cost(n, "ended before", options, child());
  options.yields_of_body = 1;
  co_await cost(n, "ended, not told", options, child());
  options.yields_of_body = 3;
  co_await cost(n, "failing before", options, bad());
}

task<> spawns(task_group& tg) {
  tg.create_task(child());
  co_return;
}

task<> nap() { co_await sleep(10s); }

task<> group() {
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(nap());
    co_return;
  });
}

task<> awaited_in_body(turn_counter& n) {
  const int before = n.turns;
  co_await with_task_group([&](task_group& tg) -> task<> {
    const int x = co_await tg.create_task(child());
    log("awaited in the body", n.turns - before, x);
  });
  log("and left", n.turns - before);
}

task<> body() {
  turn_counter n{asyncio::get_running_loop()};
  n.tick();
  co_await plain_groups(n);
  int before = n.turns;
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(spawns(tg));
    co_return;
  });
  log("grandchild", n.turns - before);
  before = n.turns;
  co_await with_task_group([](task_group& /*outer*/) -> task<> {
    co_await with_task_group([](task_group& inner) -> task<> {
      inner.create_task(child());
      co_return;
    });
  });
  log("nested", n.turns - before);
  co_await awaited_in_body(n);
  const auto g = spawn(group());
  co_await turns(3);
  before = n.turns;
  g.cancel();
  co_await ended_cancelled(g);
  log("cancelled", n.turns - before);
  n.stop = true;
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(taskgroup_hop_counts) { run(body()); }

}  // namespace jackdaw::conformance
