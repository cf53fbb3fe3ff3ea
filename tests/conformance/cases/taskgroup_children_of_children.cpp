// S110, S120: children start children, which are waited for too.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> child(task_group& tg, std::string name, int depth) {
  log("start", name);
  if (depth > 0) {
    tg.create_task(child(tg, name + "a", depth - 1));
    tg.create_task(child(tg, name + "b", depth - 1));
  }
  co_await sleep(std::chrono::seconds(depth));
  log("end", name);
}

task<> last(task_group& tg) {
  co_await sleep(1s);
  tg.create_task(child(tg, "late", 0));
  log("last ends");
}

task<> nap() { co_await sleep(1s); }

task<int> value(int n) { co_return n; }

task<> from_callback() {
  join_handle<void> t;
  join_handle<void> other;
  co_await with_task_group([&](task_group& tg) -> task<> {
    t = tg.create_task(child(tg, "y", 0));
    t.add_done_callback(
        [&tg](const join_handle<void>&) { tg.create_task(child(tg, "from callback", 0)); });
    other = tg.create_task(nap());
    co_return;
  });
  log("left", t.done(), other.done());
}

task<> body() {
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(child(tg, "x", 2));
    log("body ends");
    co_return;
  });
  log("left");
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(last(tg));
    co_return;
  });
  log("left");
  co_await from_callback();
  const auto values =
      co_await with_task_group([](task_group& tg) -> task<std::vector<join_handle<int>>> {
        std::vector<join_handle<int>> tasks;
        for (int n = 0; n < 3; ++n) {
          tasks.push_back(tg.create_task(value(n)));
        }
        co_return tasks;
      });
  std::vector<int> results;
  for (const join_handle<int>& each : values) {
    results.push_back(each.result());
  }
  log(results);
  const auto named = co_await with_task_group([](task_group& tg) -> task<join_handle<int>> {
    auto t = tg.create_task(value(1), "Anna");
    log(t.name());
    co_return t;
  });
  log(named.name());
}

}  // namespace

CONFORMANCE_CASE(taskgroup_children_of_children, any_order) { run(body()); }

}  // namespace jackdaw::conformance
