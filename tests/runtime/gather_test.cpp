// tests/runtime/gather_test.cpp
//
// Goal: several coroutines at once: whose result, whose exception, who is cancelled, and who is waited
// for. Method: traces over every runtime; gates decide who ends first, so that both orders of every race
// are tried; on several workers, ends and cancellations that meet. shield() has its own file.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class gather_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(gather_test, all_kinds());
class gather_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(gather_order_test, order_kinds());
class gather_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(gather_threads_test, parallel_kinds());
class race_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(race_test, all_kinds());
class race_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(race_threads_test, parallel_kinds());
class wait_for_all_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_for_all_test, all_kinds());

// What children do: wait for a gate, and write how they ended.
struct stage {
  event gates[3];
  event cleanup;
  trace log;
};

task<int> give(stage& set, int index) {
  try {
    co_await set.gates[index].wait();
  } catch (const cancelled_error&) {
    set.log.add("cancelled", index);
    throw;
  }
  set.log.add("ended", index);
  co_return index * 10;
}

task<int> fail(stage& set, int index) {
  co_await set.gates[index].wait();
  set.log.add("failed", index);
  throw std::runtime_error("boom" + std::to_string(index));
}

// Needs time to end when it is cancelled: until the gate `cleanup` opens.
task<int> clean_up_slowly(stage& set, int index) {
  bool cancelled = false;
  try {
    co_await set.gates[index].wait();
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  if (cancelled) {
    set.log.add("cleaning", index);
    co_await set.cleanup.wait();
    set.log.add("cleaned", index);
    throw cancelled_error();
  }
  co_return index * 10;
}

// Refuses its cancellation.
task<int> refuse(stage& set, int index) {
  for (int round = 0; round < 2; ++round) {
    try {
      co_await set.gates[index].wait();
      break;
    } catch (const cancelled_error&) {
      set.log.add("refused", index);
    }
  }
  co_return index * 10;
}

// How a task ended: "value", "cancelled", or the text of the exception.
template <class T>
task<std::string> end_of(join_handle<T> handle) {
  try {
    co_await handle;
  } catch (const cancelled_error&) {
    co_return "cancelled";
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "value";
}

std::string joined(const std::vector<int>& numbers) {
  trace text;
  for (const int number : numbers) {
    text.add("", number);
  }
  return text.text();
}

task<std::vector<int>> gather_three(task<int> first, task<int> second, task<int> third) {
  std::vector<task<int>> all;
  all.push_back(std::move(first));
  all.push_back(std::move(second));
  all.push_back(std::move(third));
  co_return co_await gather(std::move(all));
}

// --- gather --------------------------------------------------------------------------------------

TEST_P(gather_test, results_are_in_the_order_of_the_arguments_whoever_ends_first) {  // S83
  run([]() -> task<void> {
    stage set;
    auto all = spawn(gather_three(give(set, 0), give(set, 1), give(set, 2)));
    for (const int index : {2, 0, 1}) {
      co_await settled();
      EXPECT_FALSE(all.done());
      set.gates[index].set();
    }
    const std::vector<int> results = co_await all;
    EXPECT_EQ(joined(results), "0 10 20");
    EXPECT_EQ(set.log, "ended2 ended0 ended1");
  }());
}

task<std::string> give_text(std::string text) {
  co_await yield();
  co_return text;
}

task<std::unique_ptr<int>> give_pointer(int number) { co_return std::make_unique<int>(number); }

task<void> give_nothing() { co_await yield(); }

TEST_P(gather_test, results_of_different_types_come_as_a_tuple) {  // S83
  run([]() -> task<void> {
    auto [text, pointer, nothing_at_all] =
        co_await gather(give_text("a"), give_pointer(7), give_nothing());
    EXPECT_EQ(text, "a");
    EXPECT_EQ(*pointer, 7);
    static_assert(std::is_same_v<decltype(nothing_at_all), nothing>);
  }());
}

TEST_P(gather_test, results_that_cannot_be_copied_are_moved_out_of_a_vector) {
  run([]() -> task<void> {
    std::vector<task<std::unique_ptr<int>>> all;
    for (int number = 0; number < 10; ++number) {
      all.push_back(give_pointer(number));
    }
    const auto results = co_await gather(std::move(all));
    for (std::size_t index = 0; index < 10; ++index) {
      EXPECT_EQ(*results[index], static_cast<int>(index));
    }
  }());
}

TEST_P(gather_test, gathering_nobody_is_over_at_once) {  // S89
  run([]() -> task<void> {
    const auto before = this_task::scheduler().statistics().resumptions;
    co_await gather();
    std::vector<task<void>> no_tasks;
    co_await gather(std::move(no_tasks));
    std::vector<task<int>> no_numbers;
    const auto results = co_await gather(std::move(no_numbers));
    EXPECT_TRUE(results.empty());
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(gather_order_test,
       children_start_in_order_when_it_is_called_not_when_it_is_awaited) {  // S83
  run([]() -> task<void> {
    trace log;
    const auto write = [](trace& text, int index) -> task<int> {
      text.add("", index);
      co_return index;
    };
    auto all = gather(write(log, 0), write(log, 1), write(log, 2));
    EXPECT_EQ(log, "");
    co_await yield();
    EXPECT_EQ(log, "0 1 2");
    const auto results = co_await std::move(all);
    EXPECT_EQ(std::get<2>(results), 2);
  }());
}

TEST_P(gather_test, awaiting_one_whose_children_have_all_ended_does_not_suspend) {  // S90
  run([]() -> task<void> {
    auto all = gather(give_text("a"), give_text("b"));
    co_await settled();
    co_await settled();
    const auto before = this_task::scheduler().statistics().resumptions;
    const auto results = co_await std::move(all);
    EXPECT_EQ(std::get<0>(results) + std::get<1>(results), "ab");
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(gather_test, the_first_exception_is_thrown_at_once_and_the_others_go_on) {  // S84
  run([]() -> task<void> {
    stage set;
    auto all = spawn(gather_three(give(set, 0), fail(set, 1), fail(set, 2)));
    co_await settled();
    set.gates[2].set();
    co_await settled();
    EXPECT_TRUE(all.done());
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "boom2");
    set.gates[1].set();  // Dropped: not reported either.
    set.gates[0].set();
    co_await settled();
    EXPECT_EQ(set.log.sorted(), "ended0 failed1 failed2");
  }());
}

TEST_P(gather_test, an_exception_that_came_before_anybody_awaited_is_not_lost) {  // S84
  run([]() -> task<void> {
    stage set;
    set.gates[0].set();
    set.gates[1].set();
    auto all = gather(fail(set, 0), give(set, 1));
    co_await settled();
    co_await settled();
    std::string thrown;
    try {
      co_await std::move(all);
    } catch (const std::runtime_error& error) {
      thrown = error.what();
    }
    EXPECT_EQ(thrown, "boom0");
  }());
}

task<int> cancel_itself() {
  this_task::cancel("own wish");
  co_await yield();
  co_return 0;
}

TEST_P(gather_test, a_child_that_ends_cancelled_counts_as_a_failure_and_cancels_nobody) {  // S86
  run([]() -> task<void> {
    stage set;
    std::string message = "nothing thrown";
    try {
      co_await gather(cancel_itself(), give(set, 1));
    } catch (const cancelled_error& error) {
      message = error.message();
    }
    EXPECT_EQ(message, "own wish");
    EXPECT_EQ(this_task::cancelling(), 0U);
    EXPECT_EQ(set.log, "");
    set.gates[1].set();
    co_await settled();
    EXPECT_EQ(set.log, "ended1");
  }());
}

TEST_P(gather_test, cancelling_it_cancels_all_children_that_have_not_ended) {  // S87
  run([]() -> task<void> {
    stage set;
    auto all = spawn(gather_three(give(set, 0), give(set, 1), give(set, 2)));
    co_await settled();
    set.gates[1].set();
    co_await settled();
    all.cancel();
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "cancelled");
    co_await settled();
    EXPECT_EQ(set.log.sorted(), "cancelled0 cancelled2 ended1");
  }());
}

TEST_P(gather_test, cancelled_it_waits_for_a_child_that_cleans_up) {  // S87
  run([]() -> task<void> {
    stage set;
    auto all =
        spawn(gather_three(clean_up_slowly(set, 0), clean_up_slowly(set, 1), refuse(set, 2)));
    co_await settled();
    all.cancel();
    co_await settled();
    EXPECT_FALSE(all.done());
    EXPECT_EQ(set.log.sorted(), "cleaning0 cleaning1 refused2");
    set.cleanup.set();
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "cancelled");
    set.gates[2].set();
    co_await settled();
  }());
}

TEST_P(gather_test, cancelled_it_throws_even_if_all_children_refuse) {  // S87
  run([]() -> task<void> {
    stage set;
    auto all = spawn(gather_three(refuse(set, 0), refuse(set, 1), refuse(set, 2)));
    co_await settled();
    all.cancel();
    co_await settled();
    EXPECT_FALSE(all.done());
    for (event& gate : set.gates) {
      gate.set();
    }
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "cancelled");
  }());
}

TEST_P(gather_test, an_exception_thrown_in_answer_to_the_cancellation_is_the_outcome) {  // S87
  run([]() -> task<void> {
    const auto answer = []() -> task<int> {
      event never_set;
      try {
        co_await never_set.wait();
      } catch (const cancelled_error&) {
        throw std::runtime_error("no!");
      }
      co_return 0;
    };
    auto all = spawn(gather_three(answer(), answer(), answer()));
    co_await settled();
    all.cancel();
    const std::string end = co_await end_of(all);
    EXPECT_EQ(end, "no!");
  }());
}

TEST_P(gather_test, children_of_one_that_is_dropped_go_on_and_their_failures_are_reported) {
  expect_failures();
  run([]() -> task<void> {
    stage set;
    {
      const auto dropped = gather(give(set, 0), fail(set, 1));
    }
    co_await settled();
    set.gates[0].set();
    set.gates[1].set();
    co_await settled();
    EXPECT_EQ(set.log.sorted(), "ended0 failed1");
  }());
  EXPECT_EQ(failures().all().size(), 1U);
  EXPECT_NE(failures().text().find("boom1"), std::string::npos) << failures().text();
}

TEST_P(gather_test, of_all_outcomes_each_is_of_its_own_type) {  // S85
  run([]() -> task<void> {
    stage set;
    set.gates[1].set();
    auto all =
        gather(return_exceptions, give_text("a"), fail(set, 1), give_nothing(), cancel_itself());
    const auto [text, failed, nothing_at_all, cancelled] = co_await std::move(all);
    static_assert(std::is_same_v<decltype(text), const outcome<std::string>>);
    static_assert(std::is_same_v<decltype(nothing_at_all), const outcome<void>>);
    EXPECT_EQ(text.value(), "a");
    EXPECT_THROW(failed.rethrow_if_exception(), std::runtime_error);
    EXPECT_TRUE(nothing_at_all.has_value());
    EXPECT_THROW(cancelled.rethrow_if_exception(), cancelled_error);
  }());
}

TEST_P(gather_test, of_all_outcomes_those_that_cannot_be_copied_are_moved) {  // S85
  run([]() -> task<void> {
    std::vector<task<std::unique_ptr<int>>> each;
    each.push_back(give_pointer(4));
    auto outcomes = co_await gather(return_exceptions, std::move(each));
    EXPECT_EQ(*outcomes[0].value(), 4);
  }());
}

TEST_P(gather_test, tasks_and_futures_are_taken_as_they_are_and_keep_their_results) {  // S107
  run([]() -> task<void> {
    const future<std::string> one;
    const auto handle = spawn(give_text("task"));
    auto all = gather(one, handle, give_text("coroutine"));
    one.set_result("future");
    const auto [first, second, third] = co_await std::move(all);
    EXPECT_EQ(first + second + third, "futuretaskcoroutine");
    EXPECT_EQ(one.result(), "future");
    EXPECT_EQ(handle.result(), "task");
  }());
}

TEST_P(gather_test, it_can_be_kept_asked_awaited_twice_and_by_several) {
  run([]() -> task<void> {
    stage set;
    const auto all = gather(give(set, 0), give(set, 1));
    const auto copy = all;
    EXPECT_TRUE(copy == all);
    EXPECT_FALSE(all.done());
    EXPECT_THROW(static_cast<void>(all.result()), invalid_state_error);
    const auto sum = [](auto awaited) -> task<int> {
      const auto& results = co_await awaited;
      co_return std::get<0>(results) + std::get<1>(results);
    };
    auto first = spawn(sum(all));
    auto second = spawn(sum(copy));
    set.gates[0].set();
    set.gates[1].set();
    const int both = co_await first + co_await second;
    EXPECT_EQ(both, 20);
    const int again = co_await sum(all);
    EXPECT_EQ(again, 10) << "the results were moved out of a gather that others hold";
    EXPECT_TRUE(all.done());
    EXPECT_EQ(std::get<1>(all.result()), 10);
  }());
}

TEST_P(gather_test, a_gather_is_cancelled_by_its_handle_as_by_its_waiter) {  // S87, S88
  run([]() -> task<void> {
    stage set;
    const auto all = gather(give(set, 0), refuse(set, 1));
    co_await settled();
    EXPECT_TRUE(all.cancel());
    co_await settled();
    EXPECT_EQ(set.log.sorted(), "cancelled0 refused1");
    set.gates[1].set();
    co_await settled();
    EXPECT_TRUE(all.done());
    EXPECT_FALSE(all.cancelled());
    EXPECT_FALSE(all.cancel());
    bool thrown = false;
    try {
      co_await all;
    } catch (const cancelled_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  }());
}

TEST(gather_close_test, a_loop_that_is_closed_does_not_complain_of_children_of_its_own) {  // S91
  testing::failure_log failures;
  asyncio::loop_options options;
  options.on_failure = failures.handler();
  asyncio::event_loop loop(std::move(options));
  loop.run_until_complete([]() -> task<void> {
    const auto never = []() -> task<void> {
      const future<void> pending;
      co_await pending;
    };
    const auto own = spawn(never(), "own");
    static_cast<void>(gather(never(), never(), own));
    co_await yield();
  }());
  loop.close();
  EXPECT_EQ(failures.text(), "Task was destroyed but it is pending!|own|no exception\n");
}

task<int> add_up(int depth) {
  if (depth == 0) {
    co_return 1;
  }
  const auto [left, right] = co_await gather(add_up(depth - 1), add_up(depth - 1));
  co_return left + right;
}

TEST_P(gather_test, gathers_nest) {
  const int sum = run(add_up(10));
  EXPECT_EQ(sum, 1 << 10);
}

TEST_P(gather_test, many_children_are_no_trouble) {
  run([]() -> task<void> {
    std::vector<task<int>> all;
    for (int index = 0; index < scaled(10'000); ++index) {
      all.push_back([](int number) -> task<int> { co_return number; }(index));
    }
    const auto results = co_await gather(std::move(all));
    for (std::size_t index = 0; index < results.size(); ++index) {
      EXPECT_EQ(results[index], static_cast<int>(index));
    }
  }());
}

task<int> yield_some(int turns, int value) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  co_return value;
}

TEST_P(gather_threads_test, children_that_end_while_it_is_cancelled_leave_nobody_waiting) {  // B26
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      auto all = spawn(gather_three(yield_some(round % 3, 0), yield_some(round % 5, 1),
                                    yield_some(round % 7, 2)));
      co_await yield_some(round % 4, 0);
      const bool asked = all.cancel();
      const std::string end = co_await end_of(all);  // Hangs if the end of a child gets lost.
      EXPECT_TRUE(end == "value" || (asked && end == "cancelled")) << end;
    }
  }());
}

// --- race ----------------------------------------------------------------------------------------

// Runs a race of two that both wait, of which `first` is let go.
task<void> race_of_two(stage& set, int first) {
  auto racing = spawn(race(give(set, 0), give(set, 1)));
  co_await settled();
  EXPECT_FALSE(racing.done());
  set.gates[first].set();
  const auto result = co_await std::move(racing);
  EXPECT_EQ(result.index(), static_cast<std::size_t>(first));
  const int value = first == 0 ? std::get<0>(result) : std::get<1>(result);
  EXPECT_EQ(value, first * 10);
  const int loser = 1 - first;
  EXPECT_EQ(set.log.text(), "ended" + std::to_string(first) + " cancelled" + std::to_string(loser));
}

TEST_P(race_test, the_first_to_end_wins_and_the_other_is_cancelled) {
  for (const int first : {0, 1}) {
    run([](int winner) -> task<void> {
      stage set;
      co_await race_of_two(set, winner);
    }(first));
  }
}

TEST_P(race_test, the_values_of_different_types_come_as_a_variant) {
  run([]() -> task<void> {
    stage set;
    const auto first = co_await race(give_text("text"), give(set, 0));
    EXPECT_EQ(std::get<0>(first), "text");
    auto second = co_await race(give(set, 0), give_pointer(3));
    EXPECT_EQ(*std::get<1>(second), 3);
    const auto third = co_await race(give(set, 0), give_nothing());
    EXPECT_EQ(third.index(), 1U);
  }());
}

TEST_P(race_test, a_loser_that_cleans_up_is_waited_for) {
  for (const int first : {0, 1}) {
    run([](int winner) -> task<void> {
      stage set;
      auto racing = winner == 0 ? spawn(race(give(set, 0), clean_up_slowly(set, 1)))
                                : spawn(race(clean_up_slowly(set, 0), give(set, 1)));
      co_await settled();
      set.gates[winner].set();
      co_await settled();
      EXPECT_FALSE(racing.done());
      set.cleanup.set();
      const auto result = co_await std::move(racing);
      EXPECT_EQ(result.index(), static_cast<std::size_t>(winner));
      const std::string loser = std::to_string(1 - winner);
      EXPECT_EQ(set.log.text(),
                "ended" + std::to_string(winner) + " cleaning" + loser + " cleaned" + loser);
    }(first));
  }
}

TEST_P(race_test, a_loser_that_returns_a_value_nevertheless_stays_a_loser) {
  run([]() -> task<void> {
    stage set;
    auto racing = spawn(race(refuse(set, 0), give(set, 1)));
    co_await settled();
    set.gates[1].set();
    co_await settled();
    set.gates[0].set();
    const auto result = co_await std::move(racing);
    EXPECT_EQ(result.index(), 1U);
  }());
}

TEST_P(race_test, the_exception_of_the_winner_is_thrown_and_those_of_losers_are_dropped) {
  run([]() -> task<void> {
    stage set;
    const auto fail_when_cancelled = [](event& gate) -> task<int> {
      try {
        co_await gate.wait();
      } catch (const cancelled_error&) {
        throw std::runtime_error("dropped");
      }
      co_return 0;
    };
    auto racing = spawn(race(fail(set, 0), fail_when_cancelled(set.gates[1])));
    co_await settled();
    set.gates[0].set();
    const std::string end = co_await end_of(racing);
    EXPECT_EQ(end, "boom0");
    auto other = spawn(race(fail_when_cancelled(set.gates[1]), give(set, 0)));
    const std::string value = co_await end_of(other);
    EXPECT_EQ(value, "value");
  }());
}

TEST_P(race_test, cancelling_it_cancels_all_and_waits_for_all) {
  run([]() -> task<void> {
    stage set;
    auto racing = spawn(race(give(set, 0), clean_up_slowly(set, 1), give(set, 2)));
    co_await settled();
    racing.cancel();
    co_await settled();
    EXPECT_EQ(set.log.sorted(), "cancelled0 cancelled2 cleaning1");
    EXPECT_FALSE(racing.done());
    set.cleanup.set();
    const std::string end = co_await end_of(racing);
    EXPECT_EQ(end, "cancelled");
  }());
}

TEST_P(race_test, a_cancellation_while_losers_clean_up_is_not_forgotten) {  // B29
  run([]() -> task<void> {
    stage set;
    const auto stubborn = [](stage& shared) -> task<int> {
      for (int round = 0; round < 3; ++round) {
        try {
          co_await shared.cleanup.wait();
          break;
        } catch (const cancelled_error&) {
          shared.log.add("stays");
        }
      }
      co_return 0;
    };
    auto racing = spawn(race(give(set, 0), stubborn(set)));
    co_await settled();
    set.gates[0].set();
    co_await settled();
    EXPECT_EQ(set.log, "ended0 stays");
    racing.cancel();
    co_await settled();
    EXPECT_FALSE(racing.done()) << "left somebody behind";
    set.cleanup.set();
    const std::string end = co_await end_of(racing);
    EXPECT_EQ(end, "cancelled");
  }());
}

TEST_P(race_test, a_race_of_one_is_just_that_one) {
  run([]() -> task<void> {
    const auto result = co_await race(give_text("alone"));
    EXPECT_EQ(std::get<0>(result), "alone");
  }());
}

task<int> count_alive(std::atomic<int>& alive, int turns) {
  alive.fetch_add(1);
  try {
    co_await yield_some(turns, 0);
  } catch (const cancelled_error&) {
    alive.fetch_sub(1);
    throw;
  }
  alive.fetch_sub(1);
  co_return turns;
}

TEST_P(race_threads_test, whoever_wins_nobody_is_left_behind) {
  run([]() -> task<void> {
    std::atomic<int> alive{0};
    for (int round = 0; round < scaled(5'000); ++round) {
      auto racing = spawn(race(count_alive(alive, round % 5), count_alive(alive, round % 3)));
      if (round % 4 == 0) {
        co_await yield_some(round % 7, 0);
        racing.cancel();
      }
      const std::string end = co_await end_of(racing);
      EXPECT_TRUE(end == "value" || (round % 4 == 0 && end == "cancelled")) << end;
      EXPECT_EQ(alive.load(), 0) << "round " << round;
    }
  }());
}

// --- wait_for_all and cancel_and_wait ------------------------------------------------------------

task<std::vector<future_reference>> three_that_clean_up(stage& set) {
  std::vector<future_reference> tasks;
  for (int index = 0; index < 3; ++index) {
    tasks.emplace_back(spawn(clean_up_slowly(set, index)).record());
  }
  co_await settled();
  co_return tasks;
}

TEST_P(wait_for_all_test, it_waits_for_all_and_says_that_it_was_not_cancelled) {
  run([]() -> task<void> {
    stage set;
    const auto tasks = co_await three_that_clean_up(set);
    auto waiting = spawn(wait_for_all(tasks));
    for (event& gate : set.gates) {
      co_await settled();
      EXPECT_FALSE(waiting.done());
      gate.set();
    }
    const std::exception_ptr cancelled = co_await waiting;
    EXPECT_EQ(cancelled, nullptr);
    const std::exception_ptr again = co_await wait_for_all(tasks);
    EXPECT_EQ(again, nullptr) << "all had ended";
    const std::exception_ptr nobody = co_await wait_for_all(std::vector<future_reference>());
    EXPECT_EQ(nobody, nullptr);
  }());
}

// Does not end before both gates are open, whatever is asked of it.
task<int> ignore_requests(stage& set) {
  for (int gate = 0; gate < 2;) {
    try {
      co_await set.gates[gate].wait();
      ++gate;
    } catch (const cancelled_error&) {
      set.log.add("ignored");
    }
  }
  co_return 0;
}

TEST_P(wait_for_all_test, however_often_it_is_cancelled_it_leaves_nobody_behind) {  // S87, B35
  run([]() -> task<void> {
    stage set;
    std::vector<future_reference> tasks;
    tasks.emplace_back(spawn(ignore_requests(set)).record());
    auto waiting = spawn(wait_for_all(tasks));
    for (const char* const message : {"first", "second", "third"}) {
      co_await settled();
      EXPECT_FALSE(waiting.done());
      waiting.cancel(message);
    }
    co_await settled();
    EXPECT_EQ(set.log, "ignored ignored ignored") << "all requests are passed on";
    set.gates[0].set();
    co_await settled();
    EXPECT_FALSE(waiting.done());
    set.gates[1].set();
    const std::exception_ptr cancelled = co_await waiting;
    EXPECT_NE(cancelled, nullptr);
    EXPECT_THROW(std::rethrow_exception(cancelled), cancelled_error);
  }());
}

TEST_P(wait_for_all_test, exceptions_of_those_who_are_waited_for_are_nobodys_business) {
  run([]() -> task<void> {
    stage set;
    std::vector<future_reference> tasks;
    tasks.emplace_back(spawn(fail(set, 0)).record());
    tasks.emplace_back(spawn(fail(set, 1)).record());
    set.gates[0].set();
    set.gates[1].set();
    const std::exception_ptr cancelled = co_await wait_for_all(std::move(tasks));
    EXPECT_EQ(cancelled, nullptr);
  }());
}

TEST_P(wait_for_all_test, cancel_and_wait_spares_one_and_waits_for_it_too) {
  run([]() -> task<void> {
    stage set;
    const auto tasks = co_await three_that_clean_up(set);
    auto waiting = spawn(cancel_and_wait(tasks, 1));
    co_await settled();
    EXPECT_EQ(set.log.sorted(), "cleaning0 cleaning2");
    set.cleanup.set();
    co_await settled();
    EXPECT_FALSE(waiting.done());
    set.gates[1].set();
    const std::exception_ptr cancelled = co_await waiting;
    EXPECT_EQ(cancelled, nullptr);
    EXPECT_TRUE(tasks[0]->cancelled());
    EXPECT_FALSE(tasks[1]->cancelled());
  }());
}

TEST_P(wait_for_all_test, cancel_and_wait_may_spare_nobody) {
  run([]() -> task<void> {
    stage set;
    const auto tasks = co_await three_that_clean_up(set);
    set.cleanup.set();
    const std::exception_ptr cancelled = co_await cancel_and_wait(tasks, task_set::none);
    EXPECT_EQ(cancelled, nullptr);
    for (const future_reference& task : tasks) {
      EXPECT_TRUE(task->cancelled());
    }
  }());
}

}  // namespace
}  // namespace jackdaw
