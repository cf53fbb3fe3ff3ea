// tests/runtime/asyncio/cpython_waiting_test.cpp
//
// Goal: wait(), as_completed(), shield(), gather() of tasks, contexts of tasks and calls in threads do what
// CPython's tests of tasks and threads ask for, where the tests of this folder and the conformance cases do not say
// so already. Method: the same situations, on a loop whose clock jumps.
#include "program.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

task<std::string> after(duration wait, std::string value) {
  co_await asyncio::sleep(wait);
  co_return value;
}

task<std::string> give(std::string value) { co_return value; }

using tasks = std::vector<join_handle<std::string>>;

// -- wait() -------------------------------------------------------------------------------------------

task<std::pair<std::size_t, std::size_t>> sizes_of_wait(tasks all, std::optional<duration> limit) {
  auto waiting = asyncio::wait(all, return_when::all_completed, limit);
  const auto ended = co_await std::move(waiting);
  co_return std::pair(ended.done.size(), ended.pending.size());
}

TEST(cpython_wait_test, waiting_again_for_what_is_done_takes_no_time) {
  run_program([]() -> task<void> {
    const time_point begin = now();
    tasks all;
    all.push_back(create_task(after(100ms, "a")));
    all.push_back(create_task(after(150ms, "b")));
    for (int time = 0; time < 2; ++time) {
      const auto [done, pending] = co_await sizes_of_wait(all, std::nullopt);
      EXPECT_EQ(done, 2U);
      EXPECT_EQ(pending, 0U);
      EXPECT_EQ(now() - begin, 150ms);
    }
  }());
}

TEST(cpython_wait_test, a_task_that_is_given_twice_is_waited_for_and_told_once) {
  run_program([]() -> task<void> {
    const auto twice = create_task(give("test"));
    tasks all{twice, twice};
    all.push_back(create_task(give("spam")));
    auto waiting = asyncio::wait(all);
    const auto ended = co_await std::move(waiting);
    EXPECT_TRUE(ended.pending.empty());
    std::vector<std::string> results;
    for (const auto& each : ended.done) {
      results.push_back(each.result());
    }
    std::ranges::sort(results);
    EXPECT_EQ(results, std::vector<std::string>({"spam", "test"}));
  }());
}

TEST(cpython_wait_test, what_ends_as_the_time_is_up_is_done) {
  run_program([]() -> task<void> {
    tasks all;
    all.push_back(create_task(after(100ms, "a")));
    all.push_back(create_task(after(150ms, "b")));
    co_await turns(1);  // Their timers come before that of the wait.
    const time_point begin = now();
    auto waiting = asyncio::wait(all, return_when::all_completed, 100ms);
    const auto ended = co_await std::move(waiting);
    EXPECT_EQ(ended.done, tasks({all[0]}));
    EXPECT_EQ(ended.pending, tasks({all[1]}));
    EXPECT_EQ(now() - begin, 100ms);
  }());
}

// -- as_completed() -----------------------------------------------------------------------------------

std::vector<task<std::string>> two_coroutines(duration first, duration second) {
  std::vector<task<std::string>> both;
  both.push_back(after(first, "a"));
  both.push_back(after(second, "b"));
  return both;
}

task<std::string> next_result(as_completed_iterator<join_handle<std::string>>* each) {
  const auto done = co_await each->next();
  co_return done.result();
}

TEST(cpython_as_completed_test, a_limit_that_is_not_reached_has_no_effect) {
  run_program([]() -> task<void> {
    auto each = as_completed(two_coroutines(10ms, 20ms), 1s);
    const std::string first = co_await next_result(&each);
    const std::string second = co_await next_result(&each);
    EXPECT_EQ(first + second, "ab");
    EXPECT_FALSE(each.has_next());
  }());
}

TEST(cpython_as_completed_test, whoever_awaits_first_gets_what_ends_first) {
  run_program([]() -> task<void> {
    const time_point begin = now();
    auto each = as_completed(two_coroutines(50ms, 100ms));
    auto first_asked = next_result(&each);
    auto second_asked = next_result(&each);
    const std::string awaited_first = co_await std::move(second_asked);
    EXPECT_EQ(awaited_first, "a");
    EXPECT_EQ(now() - begin, 50ms);
    const std::string awaited_second = co_await std::move(first_asked);
    EXPECT_EQ(awaited_second, "b");
    EXPECT_EQ(now() - begin, 100ms);
  }());
}

TEST(cpython_as_completed_test, several_may_be_awaited_at_once) {
  run_program([]() -> task<void> {
    auto each = as_completed(two_coroutines(50ms, 50ms));
    auto both = gather(next_result(&each), next_result(&each));
    const auto [first, second] = co_await std::move(both);
    EXPECT_EQ(std::min(first, second) + std::max(first, second), "ab");
  }());
}

TEST(cpython_as_completed_test, a_loop_over_it_may_be_left_and_gone_on_with) {
  run_program([]() -> task<void> {
    std::vector<task<std::string>> four;
    for (const char* const name : {"a", "b", "c", "d"}) {
      four.push_back(give(name));
    }
    auto each = as_completed(std::move(four));
    std::string all;
    while (all.size() < 2) {
      all += co_await next_result(&each);
    }
    while (each.has_next()) {
      all += co_await next_result(&each);
    }
    std::ranges::sort(all);
    EXPECT_EQ(all, "abcd");
  }());
}

TEST(cpython_as_completed_test, a_task_that_is_given_twice_comes_once) {
  run_program([]() -> task<void> {
    const auto twice = create_task(give("ham"));
    auto each = as_completed(tasks{twice, twice, create_task(give("spam"))});
    std::vector<std::string> results;
    while (each.has_next()) {
      results.push_back(co_await next_result(&each));
    }
    std::ranges::sort(results);
    EXPECT_EQ(results, std::vector<std::string>({"ham", "spam"}));
  }());
}

TEST(cpython_as_completed_test, coroutines_are_refused_where_no_loop_runs) {
  EXPECT_THROW(as_completed(two_coroutines(1s, 1s)), std::logic_error);
  EXPECT_THROW(static_cast<void>(shield(give("x"))), std::logic_error);
}

// -- shield() -----------------------------------------------------------------------------------------

TEST(cpython_shield_test, it_ends_as_what_it_shields_without_being_awaited) {
  run_program([]() -> task<void> {
    const future<int> failing;
    const auto failed = shield(failing);
    co_await turns(1);
    const auto given = std::make_exception_ptr(std::runtime_error("expected"));
    failing.set_exception(given);
    co_await turns(1);
    EXPECT_EQ(failed.exception(), given);
    const future<int> inner;
    const auto cancelled_inside = shield(inner);
    co_await turns(1);
    inner.cancel();
    co_await turns(1);
    EXPECT_TRUE(cancelled_inside.cancelled());
    const future<int> spared;
    const auto cancelled_outside = shield(spared);
    co_await turns(1);
    cancelled_outside.cancel();
    co_await turns(1);
    EXPECT_TRUE(cancelled_outside.cancelled());
    EXPECT_FALSE(spared.done());
    spared.cancel();
  }());
}

TEST(cpython_shield_test, of_a_coroutine_it_belongs_to_the_loop_that_runs) {
  event_loop loop;
  const auto make = []() -> task<future<std::string>> { co_return shield(give("42")); };
  const future<std::string> outer = loop.run_until_complete(make());
  EXPECT_EQ(&outer.state().home(), &loop);
  EXPECT_EQ(loop.run_until_complete(outer), "42");
}

TEST(cpython_shield_test, a_gather_behind_a_shield_goes_on_without_it) {
  run_program([]() -> task<void> {
    const future<int> first;
    const future<int> second;
    const auto parent = gather(first, second);
    const auto outer = shield(parent);
    co_await turns(1);
    outer.cancel();
    co_await turns(1);
    EXPECT_TRUE(outer.cancelled());
    first.set_result(1);
    second.set_result(2);
    co_await turns(1);
    EXPECT_EQ(parent.result(), std::make_tuple(1, 2));
  }());
}

TEST(cpython_shield_test, a_cancelled_gather_of_shields_cancels_the_shields_alone) {
  run_program([]() -> task<void> {
    const future<int> first;
    const future<int> second;
    const auto first_shield = shield(first);
    const auto second_shield = shield(second);
    const auto parent = gather(first_shield, second_shield);
    co_await turns(1);
    parent.cancel();
    co_await turns(1);
    EXPECT_EQ(text_of(parent.exception()), "cancelled");
    EXPECT_TRUE(first_shield.cancelled());
    EXPECT_TRUE(second_shield.cancelled());
    EXPECT_FALSE(first.done());
    EXPECT_FALSE(second.done());
    first.set_result(1);
    second.set_result(2);
    co_await turns(1);
  }());
}

// -- gather() -----------------------------------------------------------------------------------------

task<int> await_it(future<int> awaited) { co_return co_await awaited; }

TEST(cpython_gather_cancel_test, a_gather_whose_children_have_ended_cannot_be_cancelled) {
  run_program([]() -> task<void> {
    const future<int> one;
    std::vector<task<int>> child;
    child.push_back(await_it(one));
    const auto gathered = gather(std::move(child));
    co_await turns(1);
    std::optional<bool> cancelled;
    one.add_done_callback([&](const future<int>& /*done*/) { cancelled = gathered.cancel(); });
    one.set_result(42);
    const std::vector<int> result = co_await gathered;
    EXPECT_EQ(cancelled, false);
    EXPECT_FALSE(gathered.cancelled());
    EXPECT_EQ(result, std::vector<int>({42}));
  }());
}

task<void> gather_in_a_loop() {
  const time_point end = now() + 1s;
  while (now() < end) {
    std::vector<task<void>> one;
    one.push_back(testing::turns(1));
    one.push_back([]() -> task<void> { co_await asyncio::sleep(50ms); }());
    auto all = gather(return_exceptions, std::move(one));
    co_await std::move(all);
  }
}

TEST(cpython_gather_cancel_test, a_gather_that_keeps_exceptions_throws_its_own_cancellation) {
  run_program([]() -> task<void> {
    const auto looping = create_task(gather_in_a_loop());
    co_await asyncio::sleep(200ms);
    looping.cancel("my message");
    const std::string end = co_await end_of(looping);
    EXPECT_EQ(end, "cancelled: my message");
    EXPECT_TRUE(looping.cancelled());
  }());
}

// -- Contexts -----------------------------------------------------------------------------------------

const context_var<std::string>& variable() {
  static const context_var<std::string> only("variable", "nope");
  return only;
}

task<void> await_with_changes() {
  for (const char* const round : {"a", "b"}) {
    const future<void> one;
    one.add_done_callback([](const future<void>& /*done*/) { variable().set("callback's"); });
    variable().set(round);
    get_running_loop().call_soon([one] { one.set_result(); });
    co_await one;
    EXPECT_EQ(variable().get(), round);
    for (const char* const step : {"1", "2", "3"}) {
      variable().set(std::string(step) + round);
      co_await asyncio::sleep(1ms);
      EXPECT_EQ(variable().get(), std::string(step) + round);
    }
  }
}

TEST(cpython_context_test, callbacks_of_what_a_task_awaits_do_not_change_its_variables) {
  run_program([]() -> task<void> {
    EXPECT_EQ(variable().get(), "nope");
    co_await create_task(await_with_changes());
    EXPECT_EQ(variable().get(), "nope");
  }());
  EXPECT_EQ(variable().get(), "nope");
}

task<void> set_and_sleep(int number) {
  for (int step = 0; step < 10; ++step) {
    variable().set(std::to_string(number + step));
    co_await asyncio::sleep(std::chrono::milliseconds(1 + ((number * 7 + step * 13) % 50)));
    EXPECT_EQ(variable().get(), std::to_string(number + step));
  }
}

TEST(cpython_context_test, a_hundred_tasks_have_a_hundred_values) {
  run_program([]() -> task<void> {
    std::vector<task<void>> all;
    for (int number = 0; number < 100; ++number) {
      all.push_back(set_and_sleep(number));
    }
    auto gathered = gather(std::move(all));
    co_await std::move(gathered);
  }());
  EXPECT_EQ(variable().get(), "nope");
}

// The value of a task, before and after it was suspended.
task<std::pair<int, int>> divide(const context_var<int>* divisor, duration wait, int by) {
  divisor->set(by);
  const int before = 1'000 / divisor->get();
  co_await asyncio::sleep(wait);
  co_return std::pair(before, 1'000'000 / divisor->get());
}

TEST(cpython_context_test, a_setting_that_a_variable_holds_stays_with_its_task) {
  static const context_var<int> divisor("divisor", 1);
  run_program([]() -> task<void> {
    auto both = gather(divide(&divisor, 100ms, 3), divide(&divisor, 200ms, 8));
    const auto [first, second] = co_await std::move(both);
    EXPECT_EQ(first, std::pair(333, 333'333));
    EXPECT_EQ(second, std::pair(125, 125'000));
    EXPECT_EQ(divisor.get(), 1);
  }());
}

// -- Threads ------------------------------------------------------------------------------------------

task<void> call_in_thread(std::atomic<int>* calls) {
  const auto count = [calls] { calls->fetch_add(1); };
  co_await to_thread(count);
}

TEST(cpython_threads_test, calls_in_threads_that_are_awaited_together_are_made_once_each) {
  run_program([]() -> task<void> {
    std::atomic<int> calls{0};
    std::vector<task<void>> all;
    for (int call = 0; call < 10; ++call) {
      all.push_back(call_in_thread(&calls));
    }
    auto gathered = gather(std::move(all));
    co_await std::move(gathered);
    EXPECT_EQ(calls.load(), 10);
  }());
}

task<int> add_much_later(int left, int right) {
  co_await asyncio::sleep(1h);
  co_return left + right;
}

// What a thread does that asks for it and waits no longer than `limit`.
std::string ask_and_give_up(scheduler* loop, std::optional<duration> limit) {
  auto asked = run_coroutine_threadsafe(add_much_later(1, 2), *loop);
  std::string end;
  try {
    end = std::to_string(std::move(asked).get(limit));
  } catch (...) {
    end = text_of(std::current_exception());
  }
  if (!asked.done()) {
    asked.cancel();
  }
  return end;
}

TEST(cpython_threads_test, a_thread_that_gives_up_leaves_no_task_behind) {
  event_loop loop;  // On the real clock: the thread's patience is none at all.
  const auto asked = loop.run_in_executor(&ask_and_give_up, &loop, std::optional<duration>(0s));
  EXPECT_EQ(loop.run_until_complete(asked), "timeout");
  loop.run_until_complete(turns(3));
  EXPECT_TRUE(all_tasks(loop).empty());
}

TEST(cpython_threads_test, a_future_may_be_cancelled_when_its_call_has_ended_already) {
  run_program([]() -> task<void> {
    std::atomic<bool> ended{false};
    const auto called = run_in_executor([&ended] {
      ended.store(true);
      ended.notify_one();
    });
    ended.wait(false);
    EXPECT_TRUE(called.cancel());
    co_await turns(1);
    EXPECT_TRUE(called.cancelled());
    EXPECT_TRUE(ended.load());
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
