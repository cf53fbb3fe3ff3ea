// S119: the group makes one request, and takes one back.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bad(duration d) {
  co_await sleep(d);
  throw value_error("bad");
}

task<> nap() { co_await sleep(10s); }

task<> swallows(task_group& tg) {
  tg.create_task(bad(1s));
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("body swallows", this_task::cancelling());
  }
  co_await sleep(1s);
  log("body goes on", this_task::cancelling());
}

task<> takes_it_back(task_group& tg) {
  tg.create_task(bad(1s));
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("body takes it back", this_task::uncancel());
  }
}

task<> asks_once_more(task_group& tg) {
  tg.create_task(bad(1s));
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    this_task::cancel();
    log("body asks once more", this_task::cancelling());
    throw;
  }
}

task<> cancels_itself(task_group& /*unused*/) {
  this_task::cancel();
  log("cancels itself, and never suspends");
  log(this_task::uncancel());
  co_return;
}

task<> judge(task<> (*in_group)(task_group&)) {
  try {
    co_await with_task_group(in_group);
  } catch (const exception_group&) {
    log(repr(std::current_exception()), this_task::cancelling());
  }
}

task<> itself() {
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(nap());
    this_task::cancel("by itself");
    log("on the way to the exit");
    co_return;
  });
}

task<> empty() {
  co_await with_task_group([](task_group& /*unused*/) -> task<> {
    this_task::cancel();
    co_return;
  });
  log("nothing to wait for");
  try {
    co_await yield();
  } catch (const cancelled_error&) {
    log("cancelled after it");
  }
}

task<> outer_work() {
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(bad(1s));
    tg.create_task(bad(2s));
    co_return;
  });
}

task<> body() {
  co_await judge(swallows);
  co_await judge(takes_it_back);
  co_await judge(asks_once_more);
  try {
    co_await yield();
    log("NEVER");
  } catch (const cancelled_error&) {
    const auto before = this_task::cancelling();
    log("next suspension", before, this_task::uncancel());
  }
  co_await judge(cancels_itself);
  try {
    co_await spawn(itself());
  } catch (const cancelled_error&) {
    log(repr(std::current_exception()));
  }
  co_await spawn(empty());
  const auto t = spawn(outer_work());
  try {
    co_await t;
  } catch (const exception_group&) {
    log(repr(std::current_exception()), t.cancelling(), t.cancelled());
  }
}

}  // namespace

CONFORMANCE_CASE(taskgroup_uncancel, any_order) { run(body()); }

}  // namespace jackdaw::conformance
