// tests/runtime/asyncio/cpython_timeouts_test.cpp
//
// Goal: timeouts do what CPython's tests of them ask for, where timeout_test.cpp and the conformance cases timeout_*
// do not say so already. Method: the same situations, on a loop whose clock jumps; steps that take long move that
// clock themselves. What CPython asserts of __cause__ and __context__ has no counterpart: a C++ exception has neither
// unless somebody nests it.
#include "program.hpp"
#include <jackdaw/runtime/virtual_driver.hpp>

#include <memory>
#include <optional>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

// `async with timeout_at(deadline) as scope: await body`, with a scope that can be asked afterwards.
task<void> inside(timeout_scope* scope, task<void> body) {
  bool timed_out = false;
  try {
    co_await std::move(body);
  } catch (const cancelled_error&) {
    timed_out = scope->leave(true);
    if (!timed_out) {
      throw;
    }
  } catch (...) {
    static_cast<void>(scope->leave(false));
    throw;
  }
  if (timed_out) {
    throw timeout_error();
  }
  static_cast<void>(scope->leave(false));
}

task<void> nap(duration wait) { co_await asyncio::sleep(wait); }

task<void> fail() {
  throw std::runtime_error("body");
  co_return;
}

task<void> cancel_itself_and_wait() {
  this_task::cancel();
  co_await forever();
}

TEST(cpython_timeouts_test, a_deadline_that_passed_is_still_told_afterwards) {
  run_program([]() -> task<void> {
    const time_point deadline = now() + 10ms;
    timeout_scope scope(deadline);
    const std::string end = co_await end_of(inside(&scope, forever()));
    EXPECT_EQ(end, "timeout");
    EXPECT_TRUE(scope.expired());
    EXPECT_EQ(scope.when(), deadline);
  }());
}

TEST(cpython_timeouts_test, of_two_deadlines_of_one_instant_both_expired_and_the_outer_one_throws) {
  run_program([]() -> task<void> {
    const time_point deadline = now() + 10ms;
    timeout_scope outer(deadline);
    timeout_scope inner(deadline);
    std::string end_of_inner;
    const auto around_inner = [](timeout_scope* scope, std::string* end) -> task<void> {
      try {
        co_await inside(scope, forever());
      } catch (...) {
        *end = text_of(std::current_exception());
        throw;
      }
    };
    const std::string end = co_await end_of(inside(&outer, around_inner(&inner, &end_of_inner)));
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(end_of_inner, "cancelled");
    EXPECT_TRUE(outer.expired());
    EXPECT_TRUE(inner.expired());
  }());
}

TEST(cpython_timeouts_test, a_deadline_that_was_not_needed_or_not_given_did_not_expire) {
  run_program([]() -> task<void> {
    timeout_scope later(now() + 10s);
    co_await inside(&later, nap(10ms));
    EXPECT_FALSE(later.expired());
    EXPECT_GT(later.when(), now());
    timeout_scope never(std::nullopt);
    co_await inside(&never, nap(10ms));
    EXPECT_FALSE(never.expired());
    EXPECT_EQ(never.when(), std::nullopt);
  }());
}

TEST(cpython_timeouts_test, a_deadline_of_now_or_before_expires_at_the_first_suspension) {
  run_program([]() -> task<void> {
    co_await asyncio::sleep(1min);
    for (const duration wait : {duration(0s), duration(-11s)}) {
      for (const duration nap_time : {duration(10s), duration(0s)}) {
        const time_point begin = now();
        timeout_scope scope(deadline_in(wait));
        const std::string end = co_await end_of(inside(&scope, nap(nap_time)));
        EXPECT_EQ(end, "timeout");
        EXPECT_TRUE(scope.expired());
        EXPECT_EQ(scope.when(), begin + wait);
        EXPECT_EQ(now(), begin);
      }
    }
  }());
}

TEST(cpython_timeouts_test, what_a_body_throws_or_cancels_in_time_is_no_expiry) {
  run_program([]() -> task<void> {
    timeout_scope left_by_an_error(now() + 10ms);
    const std::string failed = co_await end_of(inside(&left_by_an_error, fail()));
    EXPECT_EQ(failed, "body");
    EXPECT_FALSE(left_by_an_error.expired());
    timeout_scope left_by_a_cancellation(now() + 10s);
    const std::string cancelled =
        co_await end_of(inside(&left_by_a_cancellation, cancel_itself_and_wait()));
    EXPECT_EQ(cancelled, "cancelled");
    EXPECT_FALSE(left_by_a_cancellation.expired());
    this_task::uncancel();
  }());
}

TEST(cpython_timeouts_test, a_deadline_cancels_the_cleanup_after_an_error) {
  run_program([]() -> task<void> {
    auto limited = asyncio::timeout(10ms, finally(fail(), nap(1s)));
    const std::string end = co_await end_of(std::move(limited));
    EXPECT_EQ(end, "timeout");
  }());
}

task<void> throw_when_cancelled(std::string text) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    throw std::runtime_error(text);
  }
}

// An error whose clean-up is cancelled by the deadline, and throws something else in answer.
task<void> error_after_error() {
  auto cleanup = []() -> task<void> { co_await throw_when_cancelled("last"); };
  co_await finally(fail(), cleanup());
}

TEST(cpython_timeouts_test, an_error_in_answer_to_the_deadline_takes_the_place_of_all_before) {
  run_program([]() -> task<void> {
    auto plain = asyncio::timeout(10ms, throw_when_cancelled("instead"));
    const std::string instead = co_await end_of(std::move(plain));
    EXPECT_EQ(instead, "instead");
    auto nested = asyncio::timeout(10ms, error_after_error());
    const std::string last = co_await end_of(std::move(nested));
    EXPECT_EQ(last, "last");
  }());
}

task<void> times_out_and_goes_on() {
  auto limited = asyncio::timeout(1ms, forever());
  const std::string end = co_await end_of(std::move(limited));
  EXPECT_EQ(end, "timeout");
}

TEST(cpython_timeouts_test, a_task_that_caught_its_timeout_is_not_cancelled) {
  run_program([]() -> task<void> {
    const auto outer = create_task(times_out_and_goes_on());
    co_await outer;
    EXPECT_TRUE(outer.done());
    EXPECT_FALSE(outer.cancelled());
  }());
}

// A loop on a clock that its own steps may move: they take long.
class busy_loop {
 public:
  busy_loop() : loop_(options()) {}
  event_loop* operator->() noexcept { return &loop_; }
  void take(duration time) noexcept { clock_.advance_to(clock_.now() + time); }

 private:
  loop_options options() {
    return {.make_driver = [this](unsigned) { return std::make_unique<virtual_driver>(world_); },
            .time_source = &clock_,
            .on_failure = {}};
  }

  virtual_clock clock_;
  virtual_world world_{clock_};
  event_loop loop_;
};

task<void> busy_and_nap(busy_loop* loop, duration busy) {
  loop->take(busy);
  co_await asyncio::sleep(1s);
}

TEST(cpython_timeouts_test, an_outer_deadline_that_passes_in_a_long_step_ends_the_inner_scope) {
  busy_loop loop;
  loop->run_until_complete([](busy_loop* own) -> task<void> {
    std::string end_of_inner;
    const auto around_inner = [](busy_loop* busy, std::string* end) -> task<void> {
      auto inner = asyncio::timeout(100ms, busy_and_nap(busy, 10ms));
      *end = co_await end_of(std::move(inner));
      throw cancelled_error();
    };
    auto outer = asyncio::timeout(2ms, around_inner(own, &end_of_inner));
    const std::string end = co_await end_of(std::move(outer));
    EXPECT_EQ(end_of_inner, "cancelled");
    EXPECT_EQ(end, "timeout");
  }(&loop));
}

TEST(cpython_timeouts_test,
     after_an_inner_deadline_missed_in_a_long_step_the_outer_one_still_holds) {
  busy_loop loop;
  loop->run_until_complete([](busy_loop* own) -> task<void> {
    std::string end_of_inner;
    const auto around_inner = [](busy_loop* busy, std::string* end) -> task<void> {
      auto inner = asyncio::timeout(10ms, busy_and_nap(busy, 99ms));
      *end = co_await end_of(std::move(inner));
      co_await asyncio::sleep(10s);
    };
    const time_point begin = now();
    auto outer = asyncio::timeout(100ms, around_inner(own, &end_of_inner));
    const std::string end = co_await end_of(std::move(outer));
    EXPECT_EQ(end_of_inner, "timeout");
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(now() - begin, 100ms);
  }(&loop));
}

TEST(cpython_timeouts_test, a_deadline_that_is_moved_says_where_to_and_did_not_expire) {
  run_program([]() -> task<void> {
    const auto scope_of = get_running_loop().create_future<timeout_scope*>();
    const time_point first = now() + 10s;
    const time_point second = first + 20s;
    const auto limited = [](time_point deadline, future<timeout_scope*> result) -> task<bool> {
      timeout_scope scope(deadline);
      result.set_result(&scope);
      const std::string end = co_await end_of(inside(&scope, nap(50s)));
      EXPECT_EQ(end, "cancelled");
      co_return scope.expired();
    };
    const auto running = create_task(limited(first, scope_of));
    timeout_scope* const scope = co_await scope_of;
    EXPECT_EQ(scope->when(), first);
    scope->reschedule(second);
    EXPECT_EQ(scope->when(), second);
    scope->reschedule(std::nullopt);
    EXPECT_EQ(scope->when(), std::nullopt);
    running.cancel();
    const bool expired = co_await running;
    EXPECT_FALSE(expired);
  }());
}

TEST(cpython_timeouts_test, a_cleanup_that_a_deadline_began_may_have_a_deadline_of_its_own) {
  run_program([]() -> task<void> {
    std::string end_of_cleanup;
    const auto cleanup = [](std::string* end) -> task<void> {
      auto limited = asyncio::timeout(10ms, forever());
      *end = co_await end_of(std::move(limited));
    };
    const time_point begin = now();
    auto limited = asyncio::timeout(10ms, finally(nap(1s), cleanup(&end_of_cleanup)));
    const std::string end = co_await end_of(std::move(limited));
    EXPECT_EQ(end_of_cleanup, "timeout");
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(now() - begin, 20ms);
  }());
}

TEST(cpython_timeouts_test, after_a_cancellation_that_was_caught_deadlines_and_requests_work) {
  run_program([]() -> task<void> {
    const std::string caught = co_await end_of(cancel_itself_and_wait());
    EXPECT_EQ(caught, "cancelled");
    auto no_time = asyncio::timeout(0s, nap(1s));
    const std::string timed_out = co_await end_of(std::move(no_time));
    EXPECT_EQ(timed_out, "timeout");
    auto enough_time = asyncio::timeout(1s, cancel_itself_and_wait());
    const std::string cancelled = co_await end_of(std::move(enough_time));
    EXPECT_EQ(cancelled, "cancelled");
    this_task::uncancel();
    this_task::uncancel();
  }());
}

// The body fails, and waits in its clean-up; the child answers its cancellation by an error.
task<void> group_that_fails_in_cleanup() {
  const auto body = [](task_group& group) -> task<void> {
    group.create_task(throw_when_cancelled("child"));
    co_await finally(fail(), nap(1s));
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
}

TEST(cpython_timeouts_test, errors_that_a_deadline_causes_in_a_group_go_before_the_timeout) {
  run_program([]() -> task<void> {
    auto limited = asyncio::timeout(10ms, group_that_fails_in_cleanup());
    const std::string end = co_await end_of(std::move(limited));
    EXPECT_EQ(end, "[child]");
    EXPECT_EQ(cancelling(), 0U);
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
