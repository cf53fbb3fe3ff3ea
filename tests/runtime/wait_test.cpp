// tests/runtime/wait_test.cpp
//
// Goal: wait(), as_completed() and wait_for(): what counts as done, what is left alone, what time does, and
// that nobody waits for ever. Method: futures that the test ends, over every runtime; virtual time where
// time matters; on several workers, ends and cancellations that meet.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::virtual_kinds;

class wait_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_test, all_kinds());
class wait_time_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_time_test, virtual_kinds());
class wait_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_order_test, order_kinds());
class wait_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_threads_test, parallel_kinds());
class as_completed_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(as_completed_test, all_kinds());
class as_completed_time_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(as_completed_time_test, virtual_kinds());
class as_completed_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(as_completed_threads_test, parallel_kinds());
class wait_for_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_for_test, virtual_kinds());

using futures = std::vector<future<int>>;

time_point now() { return this_task::scheduler().now(); }

// A letter for each: d is done, c is done by cancellation, p is pending.
std::string states(const futures& each) {
  std::string text;
  for (const future<int>& one : each) {
    text += one.cancelled() ? 'c' : (one.done() ? 'd' : 'p');
  }
  return text;
}

// The positions in `each` of those in `some`.
std::string positions(const futures& some, const futures& each) {
  std::string text;
  for (const future<int>& one : some) {
    text += std::to_string(std::find(each.begin(), each.end(), one) - each.begin());
  }
  return text;
}

// "done|pending", by their positions.
task<std::string> wait_and_tell(futures each, return_when when,
                                std::optional<duration> limit = std::nullopt) {
  const auto result = co_await wait(each, when, limit);
  co_return positions(result.done, each) + "|" + positions(result.pending, each);
}

template <class T>
task<std::string> end_of(task<T> body) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
      co_return "done";
    } else {
      co_return std::to_string(co_await std::move(body));
    }
  } catch (const timeout_error&) {
    co_return "timeout";
  } catch (const cancelled_error&) {
    co_return "cancelled";
  } catch (const std::exception& error) {
    co_return error.what();
  }
}

std::exception_ptr boom() { return std::make_exception_ptr(std::runtime_error("boom")); }

// --- wait ----------------------------------------------------------------------------------------

TEST_P(wait_test, all_completed_waits_for_the_last_whatever_it_ends_with) {  // S92
  run([]() -> task<void> {
    const futures each(3);
    auto waiting = spawn(wait_and_tell(each, return_when::all_completed));
    co_await settled();
    each[1].set_exception(boom());
    each[2].cancel();
    co_await settled();
    EXPECT_FALSE(waiting.done());
    each[0].set_result(1);
    const std::string result = co_await waiting;
    EXPECT_EQ(result, "012|");
    EXPECT_NE(each[1].exception(), nullptr);
  }());
}

TEST_P(wait_test, first_completed_ends_with_any_end) {  // S92
  run([]() -> task<void> {
    for (const int how : {0, 1, 2}) {
      const futures each(3);
      auto waiting = spawn(wait_and_tell(each, return_when::first_completed));
      co_await settled();
      EXPECT_FALSE(waiting.done());
      if (how == 0) {
        each[1].set_result(1);
      } else if (how == 1) {
        each[1].set_exception(boom());
      } else {
        each[1].cancel();
      }
      const std::string result = co_await waiting;
      EXPECT_EQ(result, "1|02");
      EXPECT_EQ(states({each[0], each[2]}), "pp") << "somebody was cancelled";
      each[1].state().mark_retrieved();
    }
  }());
}

TEST_P(wait_test, first_exception_takes_no_notice_of_values_and_cancellations) {  // S93
  run([]() -> task<void> {
    const futures each(4);
    auto waiting = spawn(wait_and_tell(each, return_when::first_exception));
    co_await settled();
    each[0].set_result(1);
    each[3].cancel();
    co_await settled();
    EXPECT_FALSE(waiting.done());
    each[2].set_exception(boom());
    const std::string result = co_await waiting;
    EXPECT_EQ(result, "023|1");
    const futures cancelled(2);
    auto of_cancelled = spawn(wait_and_tell(cancelled, return_when::first_exception));
    co_await settled();
    cancelled[0].cancel();
    co_await settled();
    EXPECT_FALSE(of_cancelled.done());
    cancelled[1].cancel();
    const std::string both = co_await of_cancelled;
    EXPECT_EQ(both, "01|");
  }());
}

TEST_P(wait_test, all_that_ended_before_the_waiter_runs_are_done) {  // S94
  run([]() -> task<void> {
    const futures each(3);
    auto waiting = spawn(wait_and_tell(each, return_when::first_completed));
    each[0].set_result(1);  // Before it begins to wait.
    each[2].set_result(1);
    const std::string result = co_await waiting;
    EXPECT_EQ(result, "02|1");
  }());
}

TEST_P(wait_test, it_suspends_even_if_all_are_done) {
  run([]() -> task<void> {
    const futures each(1);
    each[0].set_result(1);
    const auto before = this_task::scheduler().statistics().resumptions;
    const std::string result = co_await wait_and_tell(each, return_when::all_completed);
    EXPECT_EQ(result, "0|");
    EXPECT_GT(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(wait_test, waiting_for_nobody_is_a_mistake) {  // S92
  run([]() -> task<void> {
    const std::string end = co_await end_of(
        wait_until(std::vector<future_reference>(), return_when::all_completed, std::nullopt));
    EXPECT_EQ(end, "Set of Tasks/Futures is empty.");
  }());
}

TEST_P(wait_test, a_cancelled_waiter_leaves_and_cancels_nobody) {  // S92
  run([]() -> task<void> {
    const futures each(2);
    const auto waiting = spawn(wait_and_tell(each, return_when::all_completed));
    co_await settled();
    EXPECT_TRUE(waiting.cancel());
    co_await settled();
    EXPECT_TRUE(waiting.cancelled());
    EXPECT_EQ(states(each), "pp");
    each[0].set_result(1);
    each[1].set_result(2);
    co_await settled();
  }());
}

TEST_P(wait_test, exceptions_stay_with_those_who_threw_them) {  // S75, S92
  expect_failures();
  run([]() -> task<void> {
    const auto wait_for_one = [](return_when when, const char* text) -> task<void> {
      const future<int> one;
      const future<int> other;
      one.set_exception(std::runtime_error(text));
      const futures both{one, other};
      co_await wait_and_tell(both, when, 0s);
      other.set_result(1);
    };
    co_await wait_for_one(return_when::first_completed, "reported");
    co_await wait_for_one(return_when::first_exception, "looked at, to know whether it counts");
    const auto wait_for_last = []() -> task<void> {
      const future<int> last;
      last.set_exception(std::runtime_error("reported too"));
      co_await wait_and_tell(futures(1, last), return_when::first_exception);
    };
    co_await wait_for_last();
  }());
  EXPECT_EQ(failures().text(),
            "Future exception was never retrieved||std::runtime_error: reported\n"
            "Future exception was never retrieved||std::runtime_error: reported too\n");
}

TEST_P(wait_time_test, when_time_is_up_it_returns_what_there_is_and_cancels_nobody) {  // S92
  run([]() -> task<void> {
    const futures each(2);
    each[1].set_result(1);
    for (const duration limit : {duration(5s), duration(0s), duration(-1s)}) {
      const time_point begin = now();
      const std::string result = co_await wait_and_tell(each, return_when::all_completed, limit);
      EXPECT_EQ(result, "1|0");
      EXPECT_EQ(now() - begin, std::max(limit, duration(0s)));
    }
    EXPECT_EQ(states(each), "pd");
  }());
}

TEST_P(wait_time_test, a_limit_that_is_not_reached_costs_no_time) {
  run([]() -> task<void> {
    const time_point begin = now();
    const futures each(1);
    auto waiting = spawn(wait_and_tell(each, return_when::all_completed, 1h));
    co_await sleep(2s);
    each[0].set_result(1);
    const std::string result = co_await waiting;
    EXPECT_EQ(result, "0|");
    EXPECT_EQ(now() - begin, 2s);
  }());
}

TEST_P(wait_order_test, it_costs_three_turns) {  // S43
  run([]() -> task<void> {
    const auto give = []() -> task<int> { co_return 1; };
    auto waiting = spawn([](join_handle<int> one) -> task<void> {
      co_await wait(std::vector(1, one));
    }(spawn(give())));
    int turns = 0;
    while (!waiting.done()) {
      co_await yield();
      ++turns;
    }
    EXPECT_EQ(turns, 3);
  }());
}

TEST(wait_close_test, a_loop_may_be_closed_while_somebody_waits) {
  testing::failure_log failures;
  asyncio::loop_options options;
  options.on_failure = failures.handler();
  asyncio::event_loop loop(std::move(options));
  const futures each{future<int>(loop), future<int>(loop)};
  loop.run_until_complete([](futures awaited) -> task<void> {
    static_cast<void>(spawn(wait_and_tell(awaited, return_when::all_completed, 1h)));
    auto stream = as_completed(awaited, 1h);
    co_await yield();
    awaited[0].set_result(1);
  }(each));
  loop.close();
  EXPECT_EQ(failures.all().size(), 1U) << failures.text();
}

task<void> end_soon(future<int> one, int how, int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  if (how % 3 == 0) {
    one.set_result(how);
  } else if (how % 3 == 1) {
    one.cancel();
  } else {
    one.set_exception(boom());
    static_cast<void>(one.exception());
  }
}

TEST_P(wait_threads_test, a_wait_ends_whatever_ends_in_the_same_instant) {  // B26
  run([]() -> task<void> {
    constexpr return_when conditions[] = {return_when::first_completed,
                                          return_when::first_exception, return_when::all_completed};
    for (int round = 0; round < scaled(4'000); ++round) {
      const futures each(3);
      std::vector<join_handle<void>> enders;
      for (int index = 0; index < 3; ++index) {
        const auto place = static_cast<std::size_t>(index);
        enders.push_back(spawn(end_soon(each[place], round + index, (round + index) % 4)));
      }
      auto waiting = spawn(wait_and_tell(each, conditions[round % 3]));
      if (round % 4 == 0) {
        waiting.cancel();
      }
      std::string result = "cancelled";
      try {
        result = co_await waiting;  // Hangs if the wake-up gets lost.
      } catch (const cancelled_error&) {
      }
      EXPECT_TRUE(result != "|012") << "nobody was done in round " << round;
      EXPECT_TRUE(round % 3 != 2 || result == "012|" || result == "cancelled") << result;
      co_await gather(enders);
    }
  }());
}

// --- as_completed --------------------------------------------------------------------------------

task<std::string> order_of(futures each) {
  std::string text;
  auto stream = as_completed(each);
  while (stream.has_next()) {
    const future<int> one = co_await stream.next();
    EXPECT_TRUE(one.done());
    text += positions({one}, each);
  }
  co_return text;
}

TEST_P(as_completed_test, handles_come_in_the_order_of_their_ends) {  // S105, S106
  run([]() -> task<void> {
    const futures each(3);
    auto order = spawn(order_of(each));
    co_await settled();
    each[2].set_exception(boom());
    co_await settled();
    each[0].cancel();
    co_await settled();
    each[1].set_result(1);
    const std::string text = co_await order;
    EXPECT_EQ(text, "201");
    static_cast<void>(each[2].exception());
  }());
}

TEST_P(as_completed_test, of_nobody_there_is_no_next) {
  run([]() -> task<void> {
    const std::string text = co_await order_of(futures());
    EXPECT_EQ(text, "");
  }());
}

TEST_P(as_completed_test, coroutines_are_started_when_it_is_called) {  // S105
  run([]() -> task<void> {
    const auto give = [](int value) -> task<int> { co_return value; };
    std::vector<task<int>> all;
    for (int value = 0; value < 5; ++value) {
      all.push_back(give(value));
    }
    auto stream = as_completed(std::move(all));
    co_await settled();
    std::set<int> values;
    while (stream.has_next()) {
      const join_handle<int> one = co_await stream.next();
      EXPECT_TRUE(one.done());
      values.insert(co_await one);
    }
    EXPECT_EQ(values.size(), 5U);
  }());
}

TEST_P(as_completed_test, several_may_be_asked_for_before_the_first_is_awaited) {
  run([]() -> task<void> {
    const futures each(3);
    auto stream = as_completed(each);
    std::vector<join_handle<future<int>>> asked;
    while (stream.has_next()) {  // For ever, if only awaiting counted.
      asked.push_back(spawn(stream.next()));
    }
    EXPECT_EQ(asked.size(), 3U);
    for (const future<int>& one : each) {
      one.set_result(1);
    }
    std::string seen;
    for (const auto& one : asked) {
      const future<int> ended = co_await one;
      seen += positions({ended}, each);
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, "012");
  }());
}

TEST_P(as_completed_test, one_that_is_dropped_lets_the_others_go_on) {
  run([]() -> task<void> {
    const futures each(2);
    {
      const auto dropped = as_completed(each, 1h);
    }
    co_await settled();
    EXPECT_EQ(states(each), "pp");
    each[0].set_result(1);
    each[1].set_result(1);
    co_await settled();
  }());
}

TEST_P(as_completed_time_test, when_time_is_up_all_that_are_left_are_timeouts) {  // S105
  run([]() -> task<void> {
    const futures each(3);
    const time_point begin = now();
    auto stream = as_completed(each, 5s);
    each[1].set_result(1);
    const future<int> first = co_await stream.next();
    EXPECT_TRUE(first == each[1]);
    for (int left = 0; left < 2; ++left) {
      EXPECT_TRUE(stream.has_next());
      bool timed_out = false;
      try {
        co_await stream.next();
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    }
    EXPECT_FALSE(stream.has_next());
    EXPECT_EQ(now() - begin, 5s);
    EXPECT_EQ(states(each), "pdp");
    each[0].set_result(1);  // Too late for the stream, and no trouble.
    co_await settled();
  }());
}

TEST_P(as_completed_threads_test, each_comes_exactly_once) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(3'000); ++round) {
      const futures each(4);
      auto order = spawn(order_of(each));
      std::vector<join_handle<void>> enders;
      for (int index = 0; index < 4; ++index) {
        enders.push_back(
            spawn(end_soon(each[static_cast<std::size_t>(index)], index, (round + index) % 3)));
      }
      std::string seen = co_await order;  // Hangs if one gets lost.
      std::sort(seen.begin(), seen.end());
      EXPECT_EQ(seen, "0123");
      co_await gather(enders);
    }
  }());
}

// The rounds that were begun, by the two who meet in each of them.
struct meeting {
  std::atomic<int> ender{0};
  std::atomic<int> streamer{0};
};

task<void> end_at_once(future<int> one, meeting& both, int round) {
  both.ender = round;
  while (both.streamer.load() < round) {
  }
  one.set_result(1);
  co_return;
}

task<void> do_nothing() { co_return; }

TEST_P(as_completed_threads_test, the_last_one_may_end_while_the_stream_is_being_made) {
  run([]() -> task<void> {
    meeting both;
    for (int round = 1; round <= scaled(2'000); ++round) {
      const futures each(1);
      const auto ender = spawn(end_at_once(each[0], both, round));
      const auto last = spawn(do_nothing());  // The worker's next: the other one is for others.
      constexpr int patience = 20'000;
      for (int look = 0; look < patience && both.ender.load() < round; ++look) {
      }
      both.streamer = round;
      auto stream = as_completed(each, 1h);
      const future<int> ended = co_await stream.next();
      EXPECT_EQ(ended.result(), 1);
      co_await ender;
      co_await last;
    }
  }());
}

using int_stream = as_completed_iterator<future<int>>;

// On a worker of its own. Drops what it finds there, at a time of its own.
task<void> drop_streams(std::atomic<int_stream*>& there, const std::atomic<bool>& over) {
  auto random = testing::random_numbers();
  while (!over) {
    if (int_stream* const found = there.load(); found != nullptr) {
      const auto until = std::chrono::steady_clock::now() + random() % 600'000 * 1ns;
      while (std::chrono::steady_clock::now() < until) {
      }
      delete found;
      there = nullptr;
    }
  }
  co_return;
}

TEST_P(as_completed_threads_test, a_stream_may_be_dropped_while_its_time_runs_out) {
  run([]() -> task<void> {
    std::atomic<int_stream*> there{nullptr};
    std::atomic<bool> over{false};
    const auto dropping = spawn(drop_streams(there, over));
    for (int round = 0; round < scaled(300); ++round) {
      const futures each(500);
      there = new int_stream(as_completed(each, 200us));
      while (there.load() != nullptr) {
        co_await yield();
      }
    }
    over = true;
    co_await dropping;
  }());
}

// --- wait_for ------------------------------------------------------------------------------------

task<std::unique_ptr<int>> give_pointer(int value, duration wait) {
  co_await sleep(wait);
  co_return std::make_unique<int>(value);
}

task<int> never_starts() {
  ADD_FAILURE() << "started";
  co_return 0;
}

TEST_P(wait_for_test, what_ends_in_time_returns_its_value_and_else_it_is_cancelled) {  // S95, S96
  run([]() -> task<void> {
    const time_point begin = now();
    const auto value = co_await wait_for(give_pointer(7, 1s), 2s);
    EXPECT_EQ(*value, 7);
    const std::string end =
        co_await end_of([]() -> task<void> { co_await wait_for(give_pointer(7, 3s), 2s); }());
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(now() - begin, 3s);
    EXPECT_EQ(this_task::cancelling(), 0U);
  }());
}

TEST_P(wait_for_test, without_a_limit_it_just_awaits) {  // S98
  run([]() -> task<void> {
    const auto value = co_await wait_for(give_pointer(5, 100h), std::nullopt);
    EXPECT_EQ(*value, 5);
  }());
}

TEST_P(wait_for_test, without_time_a_coroutine_never_starts) {  // S97
  run([]() -> task<void> {
    for (const duration limit : {duration(0s), duration(-1s)}) {
      const std::string end = co_await end_of(wait_for(never_starts(), limit));
      EXPECT_EQ(end, "timeout");
    }
  }());
}

TEST_P(wait_for_test, without_time_what_is_done_gives_its_result) {  // S97
  run([]() -> task<void> {
    const future<int> done;
    done.set_result(3);
    const int value = co_await wait_for(done, 0s);
    EXPECT_EQ(value, 3);
    auto pointer = spawn(give_pointer(4, 0s));
    co_await pointer;
    const auto moved = co_await wait_for(std::move(pointer), 0s);
    EXPECT_EQ(*moved, 4);
    const future<int> failed;
    failed.set_exception(boom());
    const std::string end = co_await end_of(wait_for(failed, 0s));
    EXPECT_EQ(end, "boom");
    const future<int> pending;
    const std::string timed_out = co_await end_of(wait_for(pending, 0s));
    EXPECT_EQ(timed_out, "timeout");
    EXPECT_TRUE(pending.cancelled());
  }());
}

TEST_P(wait_for_test, without_time_a_task_is_waited_for_and_may_answer) {  // S97
  run([]() -> task<void> {
    const auto answers = [](int how) -> task<int> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {
        if (how == 1) {
          throw std::runtime_error("instead");
        }
      }
      co_await sleep(2s);
      co_return 8;
    };
    for (const int how : {0, 1}) {
      auto slow = spawn(answers(how));
      co_await settled();
      const time_point begin = now();
      const std::string end = co_await end_of(wait_for(slow, 0s));
      EXPECT_EQ(end, how == 0 ? "8" : "instead");
      EXPECT_EQ(now() - begin, how == 0 ? 2s : 0s);
    }
  }());
}

TEST_P(wait_for_test, without_time_anything_else_is_treated_as_a_coroutine) {  // S97
  run([]() -> task<void> {
    event set;
    set.set();
    const auto limited = [](event& gate, duration limit) -> task<void> {
      co_await wait_for(gate.wait(), limit);
    };
    const std::string without_time = co_await end_of(limited(set, 0s));
    EXPECT_EQ(without_time, "timeout");
    const std::string with_time = co_await end_of(limited(set, 1s));
    EXPECT_EQ(with_time, "done");
  }());
}

TEST_P(wait_for_test, cancelled_while_it_waits_for_the_end_it_leaves) {
  run([]() -> task<void> {
    event gate;
    const auto stubborn = [](event& open) -> task<int> {
      while (!open.is_set()) {
        try {
          co_await open.wait();
        } catch (const cancelled_error&) {
        }
      }
      co_return 1;
    };
    const auto inner = spawn(stubborn(gate));
    co_await settled();
    const auto waiting = spawn(end_of(wait_for(inner, 0s)));
    co_await settled();
    EXPECT_FALSE(waiting.done());
    waiting.cancel();
    const std::string end = co_await waiting;
    EXPECT_EQ(end, "cancelled");
    EXPECT_FALSE(inner.done());
    gate.set();
    co_await inner;
  }());
}

}  // namespace
}  // namespace jackdaw
