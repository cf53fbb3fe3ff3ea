// S116: a cancellation from outside waits for the children; more of them are absorbed.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> slow_cleanup(std::string n, duration d) {
  bool cancelled = false;
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  log("cleanup", n);
  co_await sleep(d);
  log("cleaned", n);
  if (cancelled) {
    throw cancelled_error();
  }
}

task<> in_exit() {
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      tg.create_task(slow_cleanup("a", 5s));
      co_return;
    });
  } catch (const cancelled_error&) {
    log("in exit", repr(std::current_exception()), "cancelling", this_task::cancelling());
    throw;
  }
}

task<> in_body() {
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      tg.create_task(slow_cleanup("b", 5s));
      try {
        co_await sleep(100s);
      } catch (const cancelled_error&) {
        log("body");
        throw;
      }
    });
  } catch (const cancelled_error&) {
    log("in body", repr(std::current_exception()), "cancelling", this_task::cancelling());
    throw;
  }
}

task<> swallows() {
  co_await with_task_group([](task_group& tg) -> task<> {
    tg.create_task(slow_cleanup("c", 1s));
    try {
      co_await sleep(100s);
    } catch (const cancelled_error&) {
      log("body swallows");
    }
    co_await sleep(1s);
    log("and goes on; cancelling", this_task::cancelling());
    throw value_error();
  });
}

task<> cancel_it(task<> (*f)(), int times) {
  const auto t = spawn(f());
  co_await sleep(1s);
  for (int i = 0; i < times; ++i) {
    log("cancel", t.cancel("message " + str(i)));
    co_await sleep(1s);
  }
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("cancelled", t.cancelled(), t.cancelling());
  }
}

task<> body() {
  co_await cancel_it(in_exit, 1);
  co_await cancel_it(in_exit, 3);
  co_await cancel_it(in_body, 1);
  co_await cancel_it(in_body, 3);
  auto t = spawn(swallows());
  co_await sleep(1s);
  t.cancel();
  try {
    co_await t;
  } catch (const exception_group&) {
    log(repr(std::current_exception()), t.cancelling());
  }
  t = spawn(in_exit());
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("never started");
  }
}

}  // namespace

CONFORMANCE_CASE(taskgroup_parent_cancel) { run(body()); }

}  // namespace jackdaw::conformance
