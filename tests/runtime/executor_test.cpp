// tests/runtime/executor_test.cpp
//
// Goal: a call begins when it is submitted and not when it is awaited; what a cancellation, an exception and
// the end of a run make of it. Method: calls that wait for a signal of the test, so that it knows what runs
// and what is queued; counters of what was called and destroyed.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;

class executor_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(executor_test, all_kinds());
class executor_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(executor_threads_test, parallel_kinds());

// A call that blocks until the test lets it go. Shared: a call that nobody awaits may end later than the test.
struct gate {
  std::latch begun{1};
  std::latch end{1};
  std::atomic<int> calls{0};
};

int pass(std::shared_ptr<gate> through) {  // NOLINT(performance-unnecessary-value-param): kept.
  through->calls.fetch_add(1);
  through->begun.count_down();
  through->end.wait();
  return 7;
}

void use_one_thread() { this_task::scheduler().blocking().set_threads_max(1); }

TEST_P(executor_test, the_call_is_made_before_anybody_awaits_it) {  // S195
  run([]() -> task<void> {
    const auto made = std::make_shared<gate>();
    made->end.count_down();
    const auto result = run_in_executor(pass, made);
    made->begun.wait();
    EXPECT_EQ(co_await result, 7);
    EXPECT_EQ(made->calls.load(), 1);
  }());
}

TEST_P(executor_test, arguments_are_moved_and_results_too) {
  run([]() -> task<void> {
    const auto add = [](std::unique_ptr<int> a, int b) { return std::make_unique<int>(*a + b); };
    auto result = run_in_executor(add, std::make_unique<int>(2), 3);
    const std::unique_ptr<int> sum = co_await std::move(result);
    EXPECT_EQ(*sum, 5);
  }());
}

int fails() { throw std::out_of_range("no"); }

TEST_P(executor_test, what_the_call_throws_is_in_the_future) {
  run([]() -> task<void> {
    const auto result = run_in_executor(fails);
    EXPECT_THROW(co_await result, std::out_of_range);
  }());
}

TEST_P(executor_test, an_exception_that_nobody_fetches_is_reported) {
  expect_failures();
  run([]() -> task<void> {
    static_cast<void>(run_in_executor(fails));
    co_return;
  }());
  EXPECT_EQ(failures().text(), "Future exception was never retrieved||std::out_of_range: no\n");
}

TEST_P(executor_test, a_cancelled_future_leaves_a_call_that_runs) {  // S80, S197
  run([]() -> task<void> {
    const auto slow = std::make_shared<gate>();
    const auto result = run_in_executor(pass, slow);
    slow->begun.wait();
    EXPECT_TRUE(result.cancel());
    EXPECT_THROW(co_await result, cancelled_error);
    slow->end.count_down();
    const auto after = run_in_executor([] { return 1; });
    EXPECT_EQ(co_await after, 1);
    EXPECT_TRUE(result.cancelled());
  }());
}

TEST_P(executor_test, a_cancelled_future_takes_back_a_call_that_waits) {  // S197
  run([]() -> task<void> {
    use_one_thread();
    const auto slow = std::make_shared<gate>();
    std::atomic<int> calls{0};
    const auto first = run_in_executor(pass, slow);
    slow->begun.wait();
    const auto count = [](std::atomic<int>* counter) { counter->fetch_add(1); };
    const auto second = run_in_executor(count, &calls);
    const auto third = run_in_executor(count, &calls);
    EXPECT_TRUE(second.cancel());
    slow->end.count_down();
    co_await first;
    co_await third;
    EXPECT_EQ(calls.load(), 1);
  }());
}

task<void> await_it(future<int> result) { co_await result; }

TEST_P(executor_test, cancelling_who_awaits_cancels_the_future) {
  run([]() -> task<void> {
    const auto slow = std::make_shared<gate>();
    const auto result = run_in_executor(pass, slow);
    auto waiter = spawn(await_it(result));
    co_await settled();
    waiter.cancel();
    EXPECT_THROW(co_await waiter, cancelled_error);
    EXPECT_TRUE(result.cancelled());
    slow->end.count_down();
  }());
}

TEST_P(executor_test, the_end_of_a_run_waits_for_calls_that_have_not_begun) {  // S161
  std::atomic<int> calls{0};
  run([](std::atomic<int>* counter) -> task<void> {
    use_one_thread();
    for (int call = 0; call < 20; ++call) {
      static_cast<void>(run_in_executor([counter] { counter->fetch_add(1); }));
    }
    co_return;
  }(&calls));
  EXPECT_EQ(calls.load(), 20);
}

TEST_P(executor_test, the_call_does_not_see_the_context_of_the_caller) {  // S193
  static const context_var<int> number("number", 0);
  run([]() -> task<void> {
    number.set(1);
    const auto look = [] { return number.get(); };
    const auto in_executor = run_in_executor(look);
    EXPECT_EQ(co_await in_executor, 0);
    auto in_thread = to_thread(look);
    EXPECT_EQ(co_await std::move(in_thread), 1);
  }());
}

task<void> submit_many(std::atomic<int>* calls, int count) {
  const auto count_one = [](std::atomic<int>* counter) { return counter->fetch_add(1); };
  for (int call = 0; call < count; ++call) {
    const auto result = run_in_executor(count_one, calls);
    if (call % 3 == 0) {
      result.cancel();
    } else {
      co_await result;
    }
  }
}

TEST_P(executor_threads_test, calls_and_cancellations_of_many_tasks_meet) {
  run([]() -> task<void> {
    constexpr int tasks = 4;
    constexpr int calls_each = scaled(2'000);
    std::atomic<int> calls{0};
    std::vector<join_handle<void>> submitters;
    for (int number = 0; number < tasks; ++number) {
      submitters.push_back(spawn(submit_many(&calls, calls_each)));
    }
    for (const auto& submitter : submitters) {
      co_await submitter;
    }
    EXPECT_GE(calls.load(), tasks * (calls_each - 1) * 2 / 3 - tasks);
    EXPECT_LE(calls.load(), tasks * calls_each);
  }());
}

TEST(executor_loop_test, a_loop_that_is_closed_or_shut_down_takes_no_calls) {  // S196
  asyncio::event_loop loop;
  EXPECT_EQ(loop.run_until_complete(loop.run_in_executor([] { return 1; })), 1);
  loop.run_until_complete(loop.shutdown_default_executor());
  EXPECT_THROW(loop.run_in_executor([] {}), std::runtime_error);
  loop.close();
  EXPECT_THROW(loop.run_in_executor([] {}), std::runtime_error);
}

TEST(executor_loop_test, several_may_wait_for_the_shutdown) {
  const auto slow = std::make_shared<gate>();
  asyncio::event_loop loop;
  const auto result = loop.run_in_executor(pass, slow);
  slow->begun.wait();
  const auto first = loop.create_task(loop.shutdown_default_executor());
  const auto second = loop.create_task(loop.shutdown_default_executor());
  loop.call_soon([slow] { slow->end.count_down(); });
  loop.run_until_complete(first);
  loop.run_until_complete(second);
  EXPECT_TRUE(result.done());
}

TEST(executor_loop_test, the_shutdown_gives_up_after_its_time_limit) {  // S161
  testing::failure_log failures;
  const auto slow = std::make_shared<gate>();
  std::thread rescuer;
  {
    asyncio::event_loop loop(
        {.make_driver = {}, .time_source = {}, .on_failure = failures.handler()});
    const auto result = loop.run_in_executor(pass, slow);
    slow->begun.wait();
    loop.run_until_complete(loop.shutdown_default_executor(std::chrono::nanoseconds(1)));
    EXPECT_FALSE(result.done());
    rescuer = std::thread([slow] { slow->end.count_down(); });
    loop.close();
  }
  rescuer.join();
  EXPECT_EQ(failures.text(),
            "The executor did not finishing joining its threads within 0 seconds.||no exception\n");
}

}  // namespace
}  // namespace jackdaw
