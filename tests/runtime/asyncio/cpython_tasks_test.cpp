// tests/runtime/asyncio/cpython_tasks_test.cpp
//
// Goal: tasks do what CPython's tests of them ask for when they are cancelled, run by a loop, or end oddly, where
// the tests of this folder and the conformance cases do not say so already. Method: the same situations on the
// asyncio loop. Waiting for several, shields and contexts: cpython_waiting_test.cpp.
#include "program.hpp"
#include <jackdaw/runtime/ensure_future.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

task<int> await_it(future<int> awaited) { co_return co_await awaited; }
task<void> nothing() { co_return; }
task<std::string> give_ok() { co_return "ok"; }

// -- Tasks of a loop ----------------------------------------------------------------------------------

TEST(cpython_tasks_test, each_loop_runs_the_tasks_that_were_made_for_it) {
  for (int time = 0; time < 2; ++time) {
    event_loop loop;
    const auto made = loop.create_task(give_ok());
    EXPECT_EQ(&made.state().home(), &loop);
    EXPECT_FALSE(made.done());
    EXPECT_EQ(loop.run_until_complete(made), "ok");
    EXPECT_TRUE(made.done());
  }
}

TEST(cpython_tasks_test, a_coroutine_is_made_a_task_only_where_a_loop_runs) {
  EXPECT_THROW(static_cast<void>(ensure_future(give_ok())), std::logic_error);
  event_loop loop;
  const auto made = loop.run_until_complete(
      []() -> task<join_handle<std::string>> { co_return ensure_future(give_ok()); }());
  EXPECT_EQ(&made.state().home(), &loop);
  EXPECT_EQ(loop.run_until_complete(made), "ok");
}

TEST(cpython_tasks_test, what_is_done_may_be_run_again_and_stays_the_same) {
  event_loop loop;
  const auto one = loop.create_future<std::string>();
  one.set_result("ko");
  const auto same = ensure_future(one);
  EXPECT_EQ(same, one);
  EXPECT_EQ(loop.run_until_complete(same), "ko");
}

TEST(cpython_tasks_test, a_coroutine_may_return_a_future_without_awaiting_it) {
  event_loop loop;
  const auto pending = loop.create_future<std::string>();
  const auto first = loop.create_task(
      [](future<std::string> given) -> task<future<std::string>> { co_return given; }(pending));
  const auto second = loop.create_task([](future<std::string> given) -> task<void> {
    given.set_result("test");
    co_return;
  }(pending));
  EXPECT_EQ(loop.run_until_complete(first), pending);
  EXPECT_TRUE(second.done());
}

task<void> sleep_until_stopped(event_loop* loop, int* times) {
  while (*times < 10) {
    co_await asyncio::sleep(100ms);
    if (++*times == 2) {
      loop->stop();
    }
  }
}

TEST(cpython_tasks_test, a_loop_that_is_stopped_leaves_its_task_where_it_is) {
  runner runs({.virtual_time = true});
  event_loop& loop = runs.get_loop();
  const time_point begin = loop.time();
  int times = 0;
  const auto stopping = loop.create_task(sleep_until_stopped(&loop, &times));
  EXPECT_EQ(thrown_by([&] { loop.run_until_complete(stopping); }),
            "Event loop stopped before Future completed.");
  EXPECT_FALSE(stopping.done());
  EXPECT_EQ(times, 2);
  EXPECT_LE(loop.time() - begin, 300ms);
  stopping.cancel();
  EXPECT_EQ(thrown_by([&] { loop.run_until_complete(stopping); }), "cancelled");
}

struct current_tasks {
  task_handle first;
  task_handle second;
  future<void> one;
  future<void> two;
};

TEST(cpython_tasks_test, the_current_task_is_right_however_tasks_alternate) {
  run_program([]() -> task<void> {
    current_tasks all;
    const auto first = [](current_tasks* in) -> task<void> {
      EXPECT_EQ(current_task(), in->first);
      co_await in->one;
      EXPECT_EQ(current_task(), in->first);
      in->two.set_result();
    };
    const auto second = [](current_tasks* in) -> task<void> {
      EXPECT_EQ(current_task(), in->second);
      in->one.set_result();
      co_await in->two;
      EXPECT_EQ(current_task(), in->second);
    };
    const auto first_task = create_task(first(&all));
    const auto second_task = create_task(second(&all));
    all.first = first_task;
    all.second = second_task;
    auto both = gather(first_task, second_task);
    co_await std::move(both);
  }());
}

TEST(cpython_tasks_test, a_sleep_of_no_time_lets_callbacks_run_and_gives_its_result) {
  run_program([]() -> task<void> {
    int result = 0;
    get_running_loop().call_soon([&result] { ++result; });
    EXPECT_EQ(result, 0);
    const int slept = co_await asyncio::sleep(0s, 10);
    EXPECT_EQ(result, 1);
    result += slept;
    EXPECT_EQ(result, 11);
  }());
}

TEST(cpython_tasks_test, sleeps_one_after_the_other_take_the_sum_of_their_times) {
  run_program([]() -> task<void> {
    const time_point begin = now();
    co_await asyncio::sleep(50ms);
    EXPECT_EQ(now() - begin, 50ms);
    const std::string slept = co_await asyncio::sleep(50ms, std::string("yeah"));
    EXPECT_EQ(now() - begin, 100ms);
    EXPECT_EQ(slept, "yeah");
  }());
}

TEST(cpython_tasks_test, a_timer_may_cancel_a_task_that_sleeps) {
  run_program([]() -> task<void> {
    const time_point begin = now();
    const auto sleeper = create_task(forever());
    get_running_loop().call_later(100ms, [sleeper] { sleeper.cancel(); });
    const std::string end = co_await end_of(sleeper);
    EXPECT_EQ(end, "cancelled");
    EXPECT_EQ(now() - begin, 100ms);
  }());
}

task<void> leave_when_cancelled() {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    throw system_exit("base");
  }
}

TEST(cpython_tasks_test, an_order_to_end_in_answer_to_a_cancellation_leaves_the_loop) {
  event_loop loop;
  const auto leaving = loop.create_task(leave_when_cancelled());
  loop.run_until_complete(turns(1));
  leaving.cancel();
  EXPECT_FALSE(leaving.done());
  const auto turn = loop.create_task(turns(1));
  EXPECT_THROW(loop.run_until_complete(turn), system_exit);
  loop.run_until_complete(turn);
  EXPECT_TRUE(leaving.done());
  EXPECT_FALSE(leaving.cancelled());
  EXPECT_EQ(text_of(leaving.exception()), "base");
}

// -- Messages -----------------------------------------------------------------------------------------

// Cancels `victim` after so many turns, waits until it is done, and asks it for its end.
task<void> cancel_and_ask(int after, std::optional<std::string> message, bool ask_for_result) {
  const auto victim = create_task(forever());
  co_await turns(after);
  if (message) {
    victim.cancel(*message);
  } else {
    victim.cancel();
  }
  const std::vector<join_handle<void>> only{victim};
  auto ended = asyncio::wait(only);
  co_await std::move(ended);
  if (ask_for_result) {
    victim.result();
  } else {
    static_cast<void>(victim.exception());
  }
}

TEST(cpython_tasks_test, a_message_travels_through_who_asks_for_result_or_exception) {
  run_program([]() -> task<void> {
    for (const int after : {0, 1}) {
      for (const bool ask_for_result : {true, false}) {
        const auto silent = create_task(cancel_and_ask(after, std::nullopt, ask_for_result));
        const std::string without = co_await end_of(silent);
        EXPECT_EQ(without, "cancelled");
        const auto told = create_task(cancel_and_ask(after, "my message", ask_for_result));
        const std::string with = co_await end_of(told);
        EXPECT_EQ(with, "cancelled: my message");
        EXPECT_TRUE(told.cancelled());
      }
    }
  }());
}

TEST(cpython_tasks_test, a_task_that_was_cancelled_before_it_ran_ends_with_the_message) {
  event_loop loop;
  const auto never_runs = loop.create_task(nothing());
  never_runs.cancel("my message");
  EXPECT_EQ(thrown_by([&] { loop.run_until_complete(never_runs); }), "cancelled: my message");
}

task<void> translate_the_cancellation_of(join_handle<void> inner) {
  try {
    co_await inner;
  } catch (const cancelled_error&) {
    std::throw_with_nested(std::runtime_error("cancelled by others"));
  }
}

TEST(cpython_tasks_test, an_error_nested_around_a_cancellation_has_its_message) {
  run_program([]() -> task<void> {
    const auto inner = create_task(forever());
    const auto outer = create_task(translate_the_cancellation_of(inner));
    co_await turns(2);
    get_running_loop().call_soon([inner] { inner.cancel("msg"); });
    std::string text;
    std::exception_ptr nested;
    try {
      co_await outer;
    } catch (const std::runtime_error& error) {
      text = error.what();
      try {
        std::rethrow_if_nested(error);
      } catch (...) {
        nested = std::current_exception();
      }
    }
    EXPECT_EQ(text, "cancelled by others");
    EXPECT_NE(nested, nullptr);
    EXPECT_EQ(text_of(nested), "cancelled: msg");
  }());
}

// -- Whom a cancellation reaches ----------------------------------------------------------------------

TEST(cpython_tasks_test, a_cancelled_future_cancels_the_task_that_awaits_it) {
  for (const bool both : {false, true}) {
    event_loop loop;
    const auto one = loop.create_future<int>();
    const auto waiting = loop.create_task(await_it(one));
    loop.run_until_complete(turns(1));
    one.cancel();
    if (both) {
      waiting.cancel();
    }
    EXPECT_EQ(thrown_by([&] { loop.run_until_complete(waiting); }), "cancelled");
    EXPECT_TRUE(waiting.done());
    EXPECT_TRUE(one.cancelled());
    EXPECT_TRUE(waiting.cancelled());
  }
}

struct three_futures {
  explicit three_futures(event_loop& loop) : one(loop), two(loop), three(loop) {}
  future<int> one;
  future<int> two;
  future<int> three;
};

task<int> catch_at_the_second(three_futures* in, bool go_on) {
  co_await in->one;
  try {
    co_await in->two;
  } catch (const cancelled_error&) {
    if (!go_on) {
      co_return 42;
    }
  }
  co_return co_await in->three;
}

TEST(cpython_tasks_test, a_task_that_catches_its_cancellation_may_return_or_go_on) {
  for (const bool go_on : {false, true}) {
    event_loop loop;
    three_futures all(loop);
    const auto catching = loop.create_task(catch_at_the_second(&all, go_on));
    loop.run_until_complete(turns(1));
    all.one.set_result(1);
    loop.run_until_complete(turns(1));
    catching.cancel();
    EXPECT_TRUE(all.two.cancelled()) << "at once";
    loop.run_until_complete(turns(1));
    EXPECT_EQ(catching.done(), !go_on);
    EXPECT_FALSE(all.three.done());
    all.three.set_result(42);
    EXPECT_EQ(loop.run_until_complete(catching), 42);
    EXPECT_FALSE(catching.cancelled());
    EXPECT_FALSE(all.three.cancelled());
  }
}

struct awaits_when_cancelled {
  join_handle<int> nested;
  future<int> awaited;
};

task<void> cancel_itself_and_await(awaits_when_cancelled* in) {
  in->nested = create_task(await_it(in->awaited));
  co_await turns(1);
  this_task::cancel();
  co_await in->nested;
}

TEST(cpython_tasks_test, a_request_that_is_due_goes_through_the_task_that_is_awaited_next) {
  run_program([]() -> task<void> {
    awaits_when_cancelled all;
    const auto outer = create_task(cancel_itself_and_await(&all));
    const std::string end = co_await end_of(outer);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(outer.cancelled());
    EXPECT_TRUE(all.nested.cancelled());
    EXPECT_TRUE(all.awaited.cancelled());
  }());
}

task<void> count_when_cancelled(future<int> awaited, int* proof) {
  try {
    co_await awaited;
  } catch (const cancelled_error&) {
    *proof += 1;
    throw;
  }
}

task<void> catch_from_a_coroutine(future<int> awaited, int* proof) {
  try {
    co_await count_when_cancelled(awaited, proof);
    *proof += 10;
  } catch (const cancelled_error&) {
    *proof += 100;
  }
}

TEST(cpython_tasks_test, a_cancellation_passes_every_coroutine_down_to_the_future) {
  run_program([]() -> task<void> {
    int proof = 0;
    const future<int> awaited;
    const auto outer = create_task(catch_from_a_coroutine(awaited, &proof));
    co_await turns(1);
    outer.cancel();
    co_await outer;
    EXPECT_EQ(proof, 101);
    EXPECT_TRUE(awaited.cancelled());
  }());
}

TEST(cpython_tasks_test, a_task_cancelled_twice_before_it_ran_counts_both_requests) {
  event_loop loop;
  const auto sleeper = loop.create_task(forever());
  EXPECT_EQ(sleeper.cancelling(), 0U);
  EXPECT_TRUE(sleeper.cancel());
  EXPECT_EQ(sleeper.cancelling(), 1U);
  EXPECT_TRUE(sleeper.cancel());
  EXPECT_EQ(thrown_by([&] { loop.run_until_complete(sleeper); }), "cancelled");
  EXPECT_FALSE(sleeper.cancel());
}

// -- Requests that are taken back ---------------------------------------------------------------------

task<void> take_the_first_back() {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    this_task::uncancel();
  }
  co_await forever();
}

TEST(cpython_tasks_test, a_request_taken_back_by_the_task_leaves_it_free_for_the_next) {
  run_program([]() -> task<void> {
    const auto stubborn = create_task(take_the_first_back());
    co_await asyncio::sleep(10ms);
    EXPECT_TRUE(stubborn.cancel());
    EXPECT_EQ(stubborn.cancelling(), 1U);
    EXPECT_FALSE(stubborn.cancelled());
    co_await asyncio::sleep(10ms);
    EXPECT_EQ(stubborn.cancelling(), 0U);
    EXPECT_FALSE(stubborn.cancelled());
    EXPECT_TRUE(stubborn.cancel());
    EXPECT_EQ(stubborn.cancelling(), 1U);
    EXPECT_FALSE(stubborn.cancelled());
    const std::string end = co_await end_of(stubborn);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(stubborn.cancelled());
    stubborn.uncancel();
    EXPECT_TRUE(stubborn.cancelled());
    EXPECT_TRUE(stubborn.done());
  }());
}

TEST(cpython_tasks_test, a_request_taken_back_before_it_was_delivered_is_forgotten) {
  run_program([]() -> task<void> {
    const future<int> one;
    const auto waiting = create_task(await_it(one));
    co_await turns(1);
    one.set_result(42);
    waiting.cancel();
    EXPECT_EQ(waiting.cancelling(), 1U);
    waiting.uncancel();
    EXPECT_EQ(waiting.cancelling(), 0U);
    const int result = co_await waiting;
    EXPECT_EQ(result, 42);
  }());
}

struct structured {
  bool timed_out = false;
  bool block_finished = false;
  bool converted = false;
  bool outer_reached = false;
};

// A deadline as one would write it by hand: a timer, a request, and taking that back.
task<structured> deadline_by_hand(duration nap, duration limit) {
  structured seen;
  const task_handle me = current_task();
  const handle timer = get_running_loop().call_later(limit, [&seen, me] {
    seen.timed_out = true;
    me.cancel();
  });
  std::exception_ptr cancelled;
  try {
    co_await asyncio::sleep(nap);
    seen.block_finished = true;
  } catch (const cancelled_error&) {
    cancelled = std::current_exception();
  }
  timer.cancel();
  if (seen.timed_out && me.uncancel() == 0 && cancelled != nullptr) {
    seen.converted = true;
  } else if (cancelled != nullptr) {
    std::rethrow_exception(cancelled);
  }
  seen.outer_reached = true;
  co_await asyncio::sleep(0s);
  co_return seen;
}

TEST(cpython_tasks_test, a_deadline_can_be_made_by_hand_from_a_timer_and_a_request_taken_back) {
  run_program([]() -> task<void> {
    const auto too_slow = create_task(deadline_by_hand(10s, 100ms));
    const structured late = co_await too_slow;
    EXPECT_TRUE(late.timed_out && late.converted && late.outer_reached);
    EXPECT_FALSE(late.block_finished);
    EXPECT_EQ(too_slow.cancelling(), 0U);
    const auto quick = create_task(deadline_by_hand(0s, 10s));
    const structured in_time = co_await quick;
    EXPECT_TRUE(in_time.block_finished && in_time.outer_reached);
    EXPECT_FALSE(in_time.timed_out);
    EXPECT_EQ(quick.cancelling(), 0U);
  }());
}

// -- Eager tasks --------------------------------------------------------------------------------------

// Runs it on a loop whose tasks begin where they are made.
template <class T>
T run_eagerly(task<T> main) {
  failure_log failures;
  event_loop loop(reporting_to(failures));
  loop.set_task_factory(eager_task_factory);
  EXPECT_EQ(loop.get_task_factory(), eager_task_factory);
  if constexpr (std::is_void_v<T>) {
    loop.run_until_complete(std::move(main));
    EXPECT_EQ(failures.text(), "");
  } else {
    T result = loop.run_until_complete(std::move(main));
    EXPECT_EQ(failures.text(), "");
    return result;
  }
}

TEST(cpython_eager_test, a_future_that_an_eager_step_ends_is_done_at_once) {
  const auto ends = [](future<std::string> one) -> task<void> {
    one.set_result("my message");
    co_return;
  };
  const std::string result = run_eagerly([](auto body) -> task<std::string> {
    const future<std::string> one;
    const auto eager = create_task(body(one));
    EXPECT_TRUE(eager.done());
    co_return co_await one;
  }(ends));
  EXPECT_EQ(result, "my message");
}

TEST(cpython_eager_test, a_cancellation_finds_it_done_or_where_it_waits) {
  run_eagerly([]() -> task<void> {
    const auto done = create_task(give_ok());
    EXPECT_FALSE(done.cancel());
    const std::string result = co_await done;
    EXPECT_EQ(result, "ok");
    EXPECT_FALSE(done.cancelled());
    const auto waiting = create_task(forever());
    EXPECT_FALSE(waiting.done());
    waiting.cancel("cancellation message");
    EXPECT_GT(waiting.cancelling(), 0U);
    const std::string end = co_await end_of(waiting);
    EXPECT_EQ(end, "cancelled: cancellation message");
  }());
}

task<void> note_current_task(task_handle* seen) {
  *seen = current_task();
  co_await turns(1);
  EXPECT_EQ(*seen, current_task());
}

TEST(cpython_eager_test, the_eager_step_and_the_later_ones_are_of_the_same_task) {
  run_eagerly([]() -> task<void> {
    task_handle seen;
    const auto eager = create_task(note_current_task(&seen));
    EXPECT_EQ(seen, eager);
    co_await eager;
  }());
}

task<void> note_all_tasks(std::vector<task_handle>* seen, int turns_to_wait) {
  *seen = all_tasks();
  co_await turns(turns_to_wait);
}

TEST(cpython_eager_test, it_is_among_all_tasks_in_its_eager_step_and_until_it_is_done) {
  run_eagerly([]() -> task<void> {
    const auto has = [](const std::vector<task_handle>& tasks, const task_handle& one) {
      return std::ranges::find(tasks, one) != tasks.end();
    };
    std::vector<task_handle> seen;
    const auto ended = create_task(note_all_tasks(&seen, 0));
    EXPECT_TRUE(has(seen, ended));
    EXPECT_FALSE(has(all_tasks(), ended));
    const auto waiting = create_task(note_all_tasks(&seen, 1));
    EXPECT_TRUE(has(seen, waiting));
    EXPECT_TRUE(has(all_tasks(), waiting));
    co_await waiting;
    EXPECT_FALSE(has(all_tasks(), waiting));
  }());
}

task<int> chain(int depth) {
  if (depth == 0) {
    co_return 0;
  }
  const int below = co_await chain(depth - 1);
  co_return below + 1;
}

task<int> tree_of_groups(int width, int depth) {
  if (depth == 0) {
    co_return 1;
  }
  std::vector<join_handle<int>> children;
  const auto body = [&](task_group& group) -> task<void> {
    for (int child = 0; child < width; ++child) {
      children.push_back(group.create_task(tree_of_groups(width, depth - 1)));
    }
    co_return;
  };
  auto grouped = with_task_group(body);
  co_await std::move(grouped);
  int count = 1;
  for (const auto& child : children) {
    count += child.result();
  }
  co_return count;
}

task<int> tree_of_gathers(int width, int depth) {
  if (depth == 0) {
    co_return 1;
  }
  std::vector<task<int>> children;
  for (int child = 0; child < width; ++child) {
    children.push_back(tree_of_gathers(width, depth - 1));
  }
  auto gathered = gather(std::move(children));
  const std::vector<int> counts = co_await std::move(gathered);
  int count = 1;
  for (const int each : counts) {
    count += each;
  }
  co_return count;
}

// Whether it was done when it was made: all its tasks began and ended inside of create_task().
task<bool> is_done_at_once(task<int> body, int expected) {
  const auto made = create_task(std::move(body));
  const bool at_once = made.done();
  const int count = co_await made;
  EXPECT_EQ(count, expected);
  co_return at_once;
}

TEST(cpython_eager_test, a_tree_of_tasks_needs_no_turn_if_they_are_eager_and_else_it_does) {
  constexpr int all_tasks_of_the_tree = 1 + 5 + 25 + 125 + 625;
  for (const bool eager : {true, false}) {
    const auto ends_at_once = [eager](task<int> body, int expected) {
      return eager ? run_eagerly(is_done_at_once(std::move(body), expected))
                   : run_program(is_done_at_once(std::move(body), expected));
    };
    EXPECT_EQ(ends_at_once(chain(100), 100), eager);
    EXPECT_EQ(ends_at_once(tree_of_groups(5, 4), all_tasks_of_the_tree), eager);
    EXPECT_EQ(ends_at_once(tree_of_gathers(5, 4), all_tasks_of_the_tree), eager);
  }
}

TEST(cpython_tasks_test, a_task_that_was_run_still_has_its_result) {
  event_loop loop;
  const auto made = loop.create_task(give_ok());
  EXPECT_EQ(loop.run_until_complete(made), "ok");
  EXPECT_EQ(made.result(), "ok");
}

}  // namespace
}  // namespace jackdaw::asyncio
