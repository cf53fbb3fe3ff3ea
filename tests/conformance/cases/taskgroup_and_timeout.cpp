// S119, S124: groups and deadlines, one in the other.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> nap(std::string n, duration d) {
  try {
    co_await sleep(d);
    log("done", n);
  } catch (const cancelled_error&) {
    log("cancelled", n);
    throw;
  }
}

task<> bad(duration d) {
  co_await sleep(d);
  throw value_error("bad");
}

task<> slow() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
  }
  co_await sleep(5s);
  log("cleaned");
  throw cancelled_error();
}

task<> group_of(std::string n) {
  co_await with_task_group([&](task_group& tg) -> task<> {
    tg.create_task(nap(n, 5s));
    co_return;
  });
}

task<> group_with_body(std::string n) {
  co_await with_task_group([&](task_group& tg) -> task<> {
    tg.create_task(nap(n, 5s));
    co_await nap("body", 5s);
  });
}

task<> deadline_in_body(task<> child) {
  co_await with_task_group([&](task_group& tg) -> task<> {
    tg.create_task(std::move(child));
    co_await timeout(1s, nap("body", 5s));
  });
}

task<> bad_and(task<> other) {
  co_await with_task_group([&](task_group& tg) -> task<> {
    tg.create_task(bad(1s));
    tg.create_task(std::move(other));
    co_return;
  });
}

task<> judge(task<> scope) {
  try {
    co_await std::move(scope);
  } catch (const exception_group&) {
    log(repr(std::current_exception()), this_task::cancelling());
  } catch (const timeout_error&) {
    log("TimeoutError", this_task::cancelling());
  }
}

task<> judge_types(task<> scope) {
  try {
    co_await std::move(scope);
  } catch (const exception_group& eg) {
    std::vector<std::string> names;
    for (const std::exception_ptr& error : eg.exceptions()) {
      names.push_back(type_name(error));
    }
    log(eg.what(), names, this_task::cancelling());
  }
}

task<> body() {
  co_await judge(timeout(1s, group_of("a")));
  co_await judge(timeout(1s, group_with_body("b")));
  co_await judge_types(deadline_in_body(nap("c", 5s)));
  co_await judge(timeout(1s, bad_and(nap("d", 5s))));
  co_await judge(timeout(2s, bad_and(slow())));
  co_await judge_types(deadline_in_body(bad(1s)));
  try {
    co_await yield();
    log("alive", this_task::cancelling());
  } catch (const cancelled_error&) {
    log("cancelled", this_task::cancelling());
  }
  try {
    co_await wait_for(spawn(group_of("e")), 1s);
  } catch (const timeout_error&) {
    log("wait_for", this_task::cancelling());
  }
}

}  // namespace

CONFORMANCE_CASE(taskgroup_and_timeout) { run(body()); }

}  // namespace jackdaw::conformance
