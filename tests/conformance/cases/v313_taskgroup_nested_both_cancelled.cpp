// S117: an outer group's request is kept for the outer group.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> bad(duration d, std::string text) {
  co_await sleep(d);
  throw value_error(text);
}

task<> cleanup(duration d, std::string text) {
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
  }
  co_await sleep(d);
  throw key_error(text);
}

struct plan {
  int outer_fails;
  int inner_fails;
  int inner_cleanup;
  bool body;
};

task<> inner_group(plan when) {
  co_await with_task_group([&](task_group& inner) -> task<> {
    if (when.inner_fails != 0) {
      inner.create_task(bad(std::chrono::seconds(when.inner_fails), "inner"));
    }
    if (when.inner_cleanup != 0) {
      inner.create_task(cleanup(std::chrono::seconds(when.inner_cleanup), "inner cleanup"));
    }
    if (when.body) {
      co_await sleep(100s);
    }
  });
}

task<> outer_body(plan when) {
  try {
    co_await inner_group(when);
    co_return;
  } catch (const exception_group&) {
    log("inner", repr(std::current_exception()), this_task::cancelling());
  } catch (const cancelled_error&) {
    log("inner CancelledError", this_task::cancelling());
    throw;
  }
  try {
    co_await sleep(10s);
    log("between: not cancelled");
  } catch (const cancelled_error&) {
    log("between: cancelled");
    throw;
  }
}

task<> nested(plan when) {
  log("outer", when.outer_fails, "inner", when.inner_fails, "cleanup", when.inner_cleanup, "body",
      when.body);
  try {
    co_await with_task_group([&](task_group& outer) -> task<> {
      if (when.outer_fails != 0) {
        outer.create_task(bad(std::chrono::seconds(when.outer_fails), "outer"));
      }
      co_await outer_body(when);
    });
  } catch (const exception_group&) {
    log("outer", repr(std::current_exception()), this_task::cancelling());
  }
  co_await yield();
  log("alive", this_task::cancelling());
}

task<> body() {
  for (const bool with_body : {true, false}) {
    const plan plans[] = {{1, 1, 0, with_body}, {1, 2, 2, with_body}, {2, 1, 5, with_body},
                          {1, 0, 5, with_body}, {1, 0, 0, true},      {0, 1, 1, with_body}};
    for (const plan& each : plans) {
      co_await nested(each);
    }
  }
  try {
    co_await with_task_group([](task_group& outer) -> task<> {
      co_await with_task_group([&](task_group& inner) -> task<> {
        inner.create_task(bad(1s, "inner"));
        outer.create_task(bad(1s, "outer"));
        outer.create_task(bad(3s, "late"));
        co_return;
      });
    });
  } catch (const exception_group&) {
    log(repr(std::current_exception()), this_task::cancelling());
  }
}

}  // namespace

CONFORMANCE_CASE(v313_taskgroup_nested_both_cancelled) { run(body()); }

}  // namespace jackdaw::conformance
