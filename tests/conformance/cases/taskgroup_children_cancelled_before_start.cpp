// S111: children that have not started never run.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> child(std::string n) {
  log("runs", n);
  co_await sleep(10s);
}

task<> bad() {
  log("fails");
  throw value_error();
  co_return;
}

task<> ends() {
  log("ends");
  co_return;
}

task<> spawns(task_group& tg) {
  tg.create_task(ends());
  log("spawns");
  throw value_error("spawner");
  co_return;
}

task<> spawns_late(task_group& tg) {
  tg.create_task(bad());
  co_await yield();
  tg.create_task(child("c"));
  log("spawned");
}

task<int> swallows() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("swallowed");
  }
  co_await sleep(5s);
  log("went on");
  co_return 1;
}

task<> between_two() {
  join_handle<void> a;
  join_handle<void> b;
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      a = tg.create_task(ends());
      tg.create_task(bad());
      b = tg.create_task(ends());
      co_return;
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()), a.cancelled(), b.cancelled());
  }
}

task<> judge(task<> (*only_child)(task_group&)) {
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      tg.create_task(only_child(tg));
      co_return;
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()));
  }
}

task<> body() {
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      tg.create_task(child("a"));
      throw key_error();
      co_return;
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()));
  }
  co_await between_two();
  co_await judge(spawns);
  co_await judge(spawns_late);
  join_handle<int> a;
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      a = tg.create_task(swallows());
      co_await sleep(1s);
      tg.create_task(bad());
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()), a.result(), a.cancelling());
  }
}

}  // namespace

CONFORMANCE_CASE(taskgroup_children_cancelled_before_start) { run(body()); }

}  // namespace jackdaw::conformance
