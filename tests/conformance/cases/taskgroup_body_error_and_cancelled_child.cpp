// S114, S115: cancelled children are no errors; an error of the body is the last one.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> nap(std::string n) {
  try {
    co_await sleep(10s);
    log("done", n);
  } catch (const cancelled_error&) {
    log("cancelled", n);
    throw;
  }
}

task<> raises() {
  co_await sleep(1s);
  throw cancelled_error();
}

task<> cleanup() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    throw key_error("child");
  }
}

task<> bad() {
  throw key_error("child");
  co_return;
}

task<> cancelled_children() {
  join_handle<void> a;
  join_handle<void> b;
  co_await with_task_group([&](task_group& tg) -> task<> {
    a = tg.create_task(nap("a"));
    b = tg.create_task(nap("b"));
    co_await sleep(1s);
    a.cancel();
  });
  log("left", a.cancelled(), b.cancelled(), this_task::cancelling());
  co_await with_task_group([&](task_group& tg) -> task<> {
    a = tg.create_task(raises());
    b = tg.create_task(nap("d"));
    co_return;
  });
  log("left", a.cancelled(), b.cancelled());
}

// The error of a body that has created one child.
template <class F>
task<> group_with(task<> child, F and_then) {
  try {
    co_await with_task_group([&](task_group& tg) -> task<> {
      tg.create_task(std::move(child));
      co_await and_then();
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()));
  }
}

task<> fails_later() {
  co_await sleep(1s);
  throw value_error("body");
}

task<> fails_at_once() {
  throw value_error("at once");
  co_return;
}

task<> turns_it_into_another() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("body turns its cancellation into");
    throw value_error("another error");
  }
}

task<> body() {
  co_await cancelled_children();
  co_await group_with(nap("e"), fails_later);
  co_await group_with(nap("never started"), fails_at_once);
  co_await group_with(cleanup(), fails_later);
  try {
    co_await with_task_group([](task_group& tg) -> task<> {
      tg.create_task(bad());
      co_await turns_it_into_another();
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()), this_task::cancelling());
  }
  try {
    co_await with_task_group([](task_group& /*unused*/) -> task<> {
      throw cancelled_error("made by the body");
      co_return;
    });
  } catch (const cancelled_error&) {
    log(repr(std::current_exception()), this_task::cancelling());
  }
  co_await with_task_group([](task_group& tg) -> task<> {
    const auto e = tg.create_task(nap("e"));
    try {
      co_await e;
    } catch (const cancelled_error&) {
      log("NEVER");
    }
  });
  log("body awaited its child");
}

}  // namespace

CONFORMANCE_CASE(taskgroup_body_error_and_cancelled_child, any_order) { run(body()); }

}  // namespace jackdaw::conformance
