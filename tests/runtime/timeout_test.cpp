// tests/runtime/timeout_test.cpp
//
// Goal: a deadline cancels its body exactly when it passes, is never mistaken for a cancellation by
// others, and leaves nothing behind. Method: virtual clocks, so that times are exact; bodies that obey,
// swallow and replace the cancellation; on several workers, ends and deadlines that meet.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::runtime_kind;
using testing::scaled;
using testing::settled;
using testing::virtual_kinds;

std::vector<runtime_kind> one_thread_kinds() {
  std::vector<runtime_kind> kinds = virtual_kinds();
  std::erase_if(kinds, [](const runtime_kind& kind) { return !kind.one_thread(); });
  return kinds;
}

std::vector<runtime_kind> order_kinds() {
  std::vector<runtime_kind> kinds = virtual_kinds();
  std::erase_if(kinds, [](const runtime_kind& kind) { return !kind.keeps_order(); });
  return kinds;
}

class timeout_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(timeout_test, virtual_kinds());
class timeout_one_thread_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(timeout_one_thread_test, one_thread_kinds());
class timeout_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(timeout_order_test, order_kinds());

time_point now() { return this_task::scheduler().now(); }

task<int> sleep_and_return(duration wait, int value) {
  co_await sleep(wait);
  co_return value;
}

// How awaiting it ended: "value", "timeout", "cancelled", or the text of the exception.
template <class T>
task<std::string> end_of(task<T> body) {
  try {
    co_await std::move(body);
  } catch (const timeout_error&) {
    co_return "timeout";
  } catch (const cancelled_error&) {
    co_return "cancelled";
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "value";
}

// Nothing of a deadline is left: no request is counted, none is due.
task<void> expect_unharmed() {
  EXPECT_EQ(this_task::cancelling(), 0U);
  const std::string end = co_await end_of(sleep_and_return(0s, 0));
  EXPECT_EQ(end, "value") << "a cancellation was left behind";
}

// What the exception that `function` throws says.
template <class F>
std::string expect_text(F&& function) {
  try {
    function();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing thrown";
}

// Moves its deadline and then sleeps for five seconds.
class moves_and_sleeps {
 public:
  explicit moves_and_sleeps(std::optional<duration> to) : to_(to) {}
  task<void> operator()(timeout_scope& scope) {
    scope.reschedule(to_.has_value() ? std::optional(deadline_in(*to_)) : std::nullopt);
    EXPECT_EQ(scope.when().has_value(), to_.has_value());
    co_await sleep(5s);
  }

 private:
  std::optional<duration> to_;
};

// A body whose coroutine looks at what the function object holds.
class captures {
 public:
  explicit captures(std::shared_ptr<std::string> text) : text_(std::move(text)) {}
  task<std::string> operator()(timeout_scope& scope) {
    EXPECT_FALSE(scope.expired());
    co_await sleep(1s);
    co_return *text_;
  }

 private:
  std::shared_ptr<std::string> text_;
};

TEST_P(timeout_test, what_ends_in_time_returns_its_value) {  // S95
  run([]() -> task<void> {
    const time_point begin = now();
    const int value = co_await timeout(10s, sleep_and_return(3s, 7));
    EXPECT_EQ(value, 7);
    EXPECT_EQ(now() - begin, 3s);
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, what_does_not_is_cancelled_exactly_at_the_deadline) {  // S124
  run([]() -> task<void> {
    const time_point begin = now();
    const std::string end = co_await end_of(timeout(1'234'567ns, sleep_and_return(1h, 7)));
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(now() - begin, 1'234'567ns);
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, anything_awaitable_may_be_given_a_deadline) {
  run([]() -> task<void> {
    event gate;
    bool timed_out = false;
    try {
      co_await timeout(1s, gate.wait());
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    gate.set();
    co_await timeout(1s, gate.wait());
    co_await timeout(2s, sleep(1s));
    const std::string slept = co_await end_of(timeout(1s, timeout(3s, sleep(2s))));
    EXPECT_EQ(slept, "timeout");
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, a_task_that_is_awaited_is_cancelled_and_waited_for) {  // S96
  run([]() -> task<void> {
    auto slow = spawn(sleep_and_return(1h, 1));
    bool timed_out = false;
    try {
      co_await timeout(1s, slow);
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_TRUE(slow.cancelled());
    auto quick = spawn(sleep_and_return(1s, 2));
    const int value = co_await timeout(1h, std::move(quick));
    EXPECT_EQ(value, 2);
  }());
}

task<std::unique_ptr<int>> make_pointer() { co_return std::make_unique<int>(5); }

TEST_P(timeout_test, a_value_that_cannot_be_copied_is_moved) {
  run([]() -> task<void> {
    const std::unique_ptr<int> value = co_await timeout(1s, make_pointer());
    EXPECT_EQ(*value, 5);
  }());
}

task<int> return_at_once() { co_return 9; }

TEST_P(timeout_test, a_body_that_does_not_suspend_ends_whatever_the_deadline) {  // S125
  run([]() -> task<void> {
    for (const duration wait : {duration(0s), duration(-5s), duration::min()}) {
      const time_point begin = now();
      const int value = co_await timeout(wait, return_at_once());
      EXPECT_EQ(value, 9);
      EXPECT_EQ(now(), begin);
      co_await expect_unharmed();
    }
  }());
}

TEST_P(timeout_test, a_deadline_that_has_passed_cancels_at_the_first_suspension) {  // S97, S125
  run([]() -> task<void> {
    for (const duration wait : {duration(0s), duration(-5s), duration::min()}) {
      const time_point begin = now();
      const std::string end = co_await end_of(timeout(wait, sleep_and_return(1h, 1)));
      EXPECT_EQ(end, "timeout");
      EXPECT_EQ(now(), begin);
      co_await expect_unharmed();
    }
  }());
}

TEST_P(timeout_test, the_longest_deadline_never_comes) {  // B36
  run([]() -> task<void> {
    const time_point begin = now();
    const int value = co_await timeout(duration::max(), sleep_and_return(24h * 365, 1));
    EXPECT_EQ(value, 1);
    EXPECT_EQ(now() - begin, 24h * 365);
  }());
}

// What the body makes of the cancellation.

task<int> swallow(int value) {
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) {
  }
  co_return value;
}

TEST_P(timeout_test, a_body_that_swallows_the_cancellation_returns_its_value) {  // S96, S126
  run([]() -> task<void> {
    const time_point begin = now();
    const int value = co_await timeout(1s, swallow(4));
    EXPECT_EQ(value, 4);
    EXPECT_EQ(now() - begin, 1s);
    co_await expect_unharmed();
  }());
}

task<int> replace_by(const char* text) {
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) {
    throw std::runtime_error(text);
  }
  co_return 0;
}

TEST_P(timeout_test, a_body_that_throws_something_else_is_believed) {  // S127
  run([]() -> task<void> {
    const std::string end = co_await end_of(timeout(1s, replace_by("other")));
    EXPECT_EQ(end, "other");
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, an_exception_before_the_deadline_passes_through) {
  run([]() -> task<void> {
    const auto fail = []() -> task<int> {
      co_await sleep(1s);
      throw std::runtime_error("early");
    };
    const time_point begin = now();
    const std::string end = co_await end_of(timeout(2s, fail()));
    EXPECT_EQ(end, "early");
    EXPECT_EQ(now() - begin, 1s);
    co_await sleep(5s);
    co_await expect_unharmed();
  }());
}

task<int> clean_up_for(duration wait) {
  bool cancelled = false;
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  if (cancelled) {
    co_await sleep(wait);
    throw cancelled_error();
  }
  co_return 0;
}

TEST_P(timeout_test, a_cleanup_may_take_longer_than_the_deadline) {  // S96
  run([]() -> task<void> {
    const time_point begin = now();
    const std::string end = co_await end_of(timeout(1s, clean_up_for(10s)));
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(now() - begin, 11s);
    co_await expect_unharmed();
  }());
}

task<int> throw_cancelled_by_itself() {
  co_await sleep(1s);
  throw cancelled_error("own");
}

TEST_P(timeout_test, a_cancelled_error_before_the_deadline_is_no_timeout) {
  run([]() -> task<void> {
    const std::string end = co_await end_of(timeout(2s, throw_cancelled_by_itself()));
    EXPECT_EQ(end, "cancelled");
  }());
}

// Cancellations by others.

TEST_P(timeout_test, a_cancellation_by_others_is_no_timeout) {  // S128
  run([]() -> task<void> {
    auto waiting = spawn(end_of(timeout(10s, sleep_and_return(1h, 1))));
    co_await sleep(1s);
    waiting.cancel();
    const std::string end = co_await waiting;
    EXPECT_EQ(end, "cancelled");
    EXPECT_EQ(waiting.cancelling(), 1U);
  }());
}

TEST_P(timeout_test, a_cancellation_by_others_during_the_cleanup_is_no_timeout) {  // S128
  run([]() -> task<void> {
    auto waiting = spawn(end_of(timeout(1s, clean_up_for(10s))));
    co_await sleep(2s);
    EXPECT_FALSE(waiting.done());
    waiting.cancel();
    const std::string end = co_await waiting;
    EXPECT_EQ(end, "cancelled");
    EXPECT_EQ(waiting.cancelling(), 1U);
  }());
}

// Both timers are due in the same turn; what decides is who runs first in the next one.
TEST_P(timeout_order_test, a_cancellation_between_the_deadline_and_the_wake_up_wins) {  // S128
  run([]() -> task<void> {
    for (const bool cancels_first : {true, false}) {
      join_handle<std::string> waiting;
      const auto cancel_at = [](duration wait, join_handle<std::string>& victim) -> task<void> {
        co_await sleep(wait);
        victim.cancel();
      };
      if (cancels_first) {
        spawn(cancel_at(1s, waiting));
        co_await yield();
      }
      waiting = spawn(end_of(timeout(1s, sleep_and_return(1h, 1))));
      if (!cancels_first) {
        co_await yield();
        spawn(cancel_at(1s, waiting));
      }
      co_await sleep(2s);
      EXPECT_TRUE(waiting.done());
      EXPECT_EQ(waiting.result(), cancels_first ? "cancelled" : "timeout");
      EXPECT_EQ(waiting.cancelling(), cancels_first ? 1U : 0U);
    }
  }());
}

TEST_P(timeout_test, requests_from_before_are_not_taken_for_its_own) {  // S124
  run([]() -> task<void> {
    this_task::cancel();
    const std::string first = co_await end_of(sleep_and_return(1h, 1));
    EXPECT_EQ(first, "cancelled");  // Swallowed, and not taken back.
    EXPECT_EQ(this_task::cancelling(), 1U);
    const std::string second = co_await end_of(timeout(1s, sleep_and_return(1h, 1)));
    EXPECT_EQ(second, "timeout");
    EXPECT_EQ(this_task::cancelling(), 1U);
    this_task::uncancel();
  }());
}

TEST_P(timeout_test, a_cancellation_that_is_due_passes_through) {
  run([]() -> task<void> {
    this_task::cancel();
    const time_point begin = now();
    const std::string end = co_await end_of(timeout(1s, sleep_and_return(1h, 1)));
    EXPECT_EQ(end, "cancelled");
    EXPECT_EQ(now(), begin);
    this_task::uncancel();
    co_await expect_unharmed();
  }());
}

// Nesting.

// --- a body that is given its scope ----------------------------------------------------------------

TEST_P(timeout_test, the_body_sees_its_deadline) {  // S124
  run([]() -> task<void> {
    const time_point begin = now();
    const auto looks = [](timeout_scope& scope) -> task<int> {
      EXPECT_EQ(scope.when(), now() + 5s);
      EXPECT_FALSE(scope.expired());
      co_return 3;
    };
    const int value = co_await timeout(5s, looks);
    EXPECT_EQ(value, 3);
    const auto has_none = [](timeout_scope& scope) -> task<void> {
      EXPECT_EQ(scope.when(), std::nullopt);
      co_await sleep(1000h);
      EXPECT_FALSE(scope.expired());
    };
    co_await timeout(std::nullopt, has_none);
    EXPECT_EQ(now() - begin, 1000h);
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, the_body_sees_that_its_time_is_over) {  // S124
  run([]() -> task<void> {
    const auto cleans_up = [](timeout_scope& scope) -> task<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {
        EXPECT_TRUE(scope.expired());
        EXPECT_EQ(this_task::cancelling(), 1U);
        EXPECT_EQ(expect_text([&scope] { scope.reschedule(std::nullopt); }),
                  "Cannot change state of expiring Timeout");
        throw;
      }
    };
    const std::string end = co_await end_of(timeout(2s, cleans_up));
    EXPECT_EQ(end, "timeout");
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, a_deadline_may_be_moved_both_ways_and_taken_away) {  // S130
  run([]() -> task<void> {
    struct move_to {
      duration first;
      std::optional<duration> then;
      duration taken;
      const char* end;
    };
    const move_to table[] = {{.first = 1s, .then = 10s, .taken = 5s, .end = "value"},
                             {.first = 10s, .then = 2s, .taken = 2s, .end = "timeout"},
                             {.first = 1s, .then = std::nullopt, .taken = 5s, .end = "value"},
                             {.first = 10s, .then = -1s, .taken = 0s, .end = "timeout"}};
    for (const move_to& row : table) {
      const time_point begin = now();
      const moves_and_sleeps moves(row.then);
      const std::string end = co_await end_of(timeout(row.first, moves));
      EXPECT_EQ(end, row.end);
      EXPECT_EQ(now() - begin, row.taken);
    }
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, a_deadline_may_be_a_point_in_time) {
  run([]() -> task<void> {
    const time_point begin = now();
    const auto sleeps = [](timeout_scope& scope) -> task<void> {
      EXPECT_TRUE(scope.when().has_value());
      co_await sleep(1h);
    };
    for (const duration wait : {duration(3s), duration(0s), duration(-5s)}) {
      const time_point before = now();
      const std::string end = co_await end_of(timeout_at(now() + wait, sleeps));
      EXPECT_EQ(end, "timeout");
      EXPECT_EQ(now() - before, std::max(wait, duration(0s)));
    }
    EXPECT_EQ(now() - begin, 3s);
    const auto returns = [](timeout_scope&) -> task<int> { co_return 6; };
    const int value = co_await timeout_at(std::nullopt, returns);
    EXPECT_EQ(value, 6);
  }());
}

TEST_P(timeout_test, the_time_counts_from_when_it_is_awaited) {
  run([]() -> task<void> {
    auto later = timeout(2s, sleep_and_return(1s, 7));
    co_await sleep(10s);
    const int value = co_await std::move(later);
    EXPECT_EQ(value, 7);
  }());
}

TEST_P(timeout_test, a_body_with_captures_lives_as_long_as_its_coroutine) {
  run([]() -> task<void> {
    const auto text = std::make_shared<std::string>("kept");
    {
      auto limited = timeout(5s, captures(text));
      EXPECT_EQ(text.use_count(), 2);
      const std::string seen = co_await std::move(limited);
      EXPECT_EQ(seen, "kept");
    }
    EXPECT_EQ(text.use_count(), 1);
  }());
}

TEST_P(timeout_test, a_scope_that_is_over_cannot_be_changed) {  // S130
  run([]() -> task<void> {
    timeout_scope left(now() + 1s);
    EXPECT_FALSE(left.leave(false));
    EXPECT_EQ(expect_text([&left] { left.reschedule(now()); }),
              "Cannot change state of finished Timeout");
    EXPECT_FALSE(left.expired());
    timeout_scope expired(now() + 1s);
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
    }
    EXPECT_TRUE(expired.leave(true));
    EXPECT_TRUE(expired.expired());
    EXPECT_EQ(expect_text([&expired] { expired.reschedule(now()); }),
              "Cannot change state of expired Timeout");
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, the_inner_deadline_ends_only_the_inner_scope) {  // S129
  run([]() -> task<void> {
    const auto outer = []() -> task<int> {
      const std::string inner = co_await end_of(timeout(1s, sleep_and_return(1h, 1)));
      EXPECT_EQ(inner, "timeout");
      co_await sleep(1s);
      co_return 3;
    };
    const int value = co_await timeout(10s, outer());
    EXPECT_EQ(value, 3);
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, the_outer_deadline_passes_through_the_inner_scope_as_a_cancellation) {  // S129
  run([]() -> task<void> {
    const auto outer = [](std::string& inner_end) -> task<int> {
      inner_end = co_await end_of(timeout(10s, sleep_and_return(1h, 1)));
      throw cancelled_error();
    };
    std::string inner_end;
    const time_point begin = now();
    const std::string end = co_await end_of(timeout(1s, outer(inner_end)));
    EXPECT_EQ(inner_end, "cancelled");
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(now() - begin, 1s);
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, deadlines_of_the_same_instant_end_as_one_timeout) {  // S129
  run([]() -> task<void> {
    const std::string end =
        co_await end_of(timeout(1s, timeout(1s, timeout(1s, sleep_and_return(1h, 1)))));
    EXPECT_EQ(end, "timeout");
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, an_outer_deadline_during_the_cleanup_of_the_inner_cancels_that) {  // S129
  run([]() -> task<void> {
    const time_point begin = now();
    const std::string end = co_await end_of(timeout(3s, timeout(1s, clean_up_for(10s))));
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(now() - begin, 3s);
    co_await expect_unharmed();
  }());
}

// The scope by itself.

TEST_P(timeout_test, a_scope_that_is_left_in_time_says_so_and_rings_no_more) {
  run([]() -> task<void> {
    {
      timeout_scope scope(now() + 1s);
      co_await sleep(500ms);
      EXPECT_FALSE(scope.leave(false));
      co_await sleep(5s);
      EXPECT_FALSE(scope.leave(true)) << "left already";
    }
    {
      const timeout_scope forgotten(now() + 1s);
      co_await sleep(500ms);
    }
    co_await sleep(5s);
    co_await expect_unharmed();
  }());
}

TEST_P(timeout_test, a_scope_is_converted_only_if_it_expired_and_is_left_by_a_cancellation) {
  run([]() -> task<void> {
    for (const bool by_cancellation : {true, false}) {
      timeout_scope scope(now() + 1s);
      const std::string end = co_await end_of(sleep_and_return(1h, 1));
      EXPECT_EQ(end, "cancelled");
      EXPECT_EQ(this_task::cancelling(), 1U);
      EXPECT_EQ(scope.leave(by_cancellation), by_cancellation);
      co_await expect_unharmed();
    }
  }());
}

// Nothing is left behind.

task<int> fail_at_once() {
  throw std::runtime_error("at once");
  co_return 0;
}

task<std::uint64_t> parks_of_a_long_sleep() {
  const std::uint64_t before = this_task::scheduler().statistics().parks;
  co_await sleep(10h);
  co_return this_task::scheduler().statistics().parks - before;
}

TEST_P(timeout_one_thread_test, no_timer_is_left_that_would_wake_the_runtime) {  // B36
  run([]() -> task<void> {
    const std::uint64_t undisturbed = co_await parks_of_a_long_sleep();
    for (int round = 1; round <= 10; ++round) {
      co_await timeout(round * 1h, yield());
      co_await timeout(round * 1h, return_at_once());
      const std::string failed = co_await end_of(timeout(round * 1h, fail_at_once()));
      EXPECT_EQ(failed, "at once");
    }
    const std::uint64_t after = co_await parks_of_a_long_sleep();
    EXPECT_EQ(after, undisturbed);
  }());
}

// Threads: the body ends in the very instant of the deadline.

TEST_P(timeout_test, an_end_at_the_deadline_is_a_value_or_a_timeout_and_nothing_else) {  // S100
  run([]() -> task<void> {
    std::vector<task<void>> all;
    for (int index = 0; index < 8; ++index) {
      all.push_back([](int rounds) -> task<void> {
        for (int round = 0; round < rounds; ++round) {
          const std::string end = co_await end_of(timeout(1ms, sleep_and_return(1ms, 1)));
          EXPECT_TRUE(end == "value" || end == "timeout") << end;
          EXPECT_EQ(this_task::cancelling(), 0U);
        }
        co_await expect_unharmed();
      }(scaled(500)));
    }
    co_await gather(std::move(all));
  }());
}

task<void> set_after(duration wait, event& gate) {
  co_await sleep(wait);
  gate.set();
}

// The timer rings on one worker, the event is set on another.
TEST_P(timeout_test, a_wake_up_and_a_deadline_that_meet_leave_no_cancellation_behind) {  // B29
  run([]() -> task<void> {
    for (int round = 0; round < scaled(2'000); ++round) {
      event gate;
      auto setter = spawn(set_after(1ms, gate));
      auto waiter = spawn([](event& awaited) -> task<void> {
        try {
          co_await timeout(1ms, awaited.wait());
        } catch (const timeout_error&) {
        }
        co_await expect_unharmed();
      }(gate));
      co_await setter;
      co_await waiter;
    }
  }());
}

// A task whose time is up in the instant in which somebody else cancels it.
struct cancelled_at_the_deadline {
  int deliveries = 0;
  bool timed_out = false;
  event requested;

  task<void> body() {
    try {
      co_await timeout(1ms, sleep(1h));
    } catch (const timeout_error&) {
      timed_out = true;
    } catch (const cancelled_error&) {
      ++deliveries;
    }
    for (int suspension = 0; suspension < 3; ++suspension) {
      try {
        co_await requested.wait();
        co_await yield();
      } catch (const cancelled_error&) {
        ++deliveries;
      }
    }
  }
};

TEST_P(timeout_test, a_cancellation_that_meets_the_deadline_is_delivered_once) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(3'000); ++round) {
      cancelled_at_the_deadline state;
      const auto waits = spawn(state.body());
      co_await sleep(1ms);
      waits.cancel();
      state.requested.set();
      co_await waits;
      EXPECT_EQ(state.deliveries, 1) << "in round " << round << ", timed out: " << state.timed_out;
      EXPECT_EQ(waits.cancelling(), 1U) << "in round " << round;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
