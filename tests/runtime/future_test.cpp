// tests/runtime/future_test.cpp
//
// Goal: a result that somebody sets once: its states, who is woken, what each of those who wait gets, and
// what a cancellation of one of them does to the others. Method: over every runtime; on several workers,
// results, cancellations and awaits that meet in the same instant.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class future_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(future_test, all_kinds());
class future_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(future_order_test, order_kinds());
class future_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(future_threads_test, parallel_kinds());

// How awaiting it ended: its value, "cancelled" with the message, or the text of the exception.
template <class T>
task<std::string> end_of(future<T> awaited) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await awaited;
      co_return "done";
    } else {
      co_return std::to_string(co_await awaited);
    }
  } catch (const cancelled_error& error) {
    co_return "cancelled " + error.message();
  } catch (const std::exception& error) {
    co_return error.what();
  }
}

template <class F>
std::string thrown_by(F&& function) {
  try {
    function();
  } catch (const invalid_state_error& error) {
    return std::string("invalid: ") + error.what();
  } catch (const cancelled_error& error) {
    return "cancelled " + error.message();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing";
}

TEST_P(future_test, it_is_pending_until_its_result_is_set_and_then_keeps_it) {  // S25
  run([]() -> task<void> {
    const future<int> one;
    EXPECT_FALSE(one.done());
    EXPECT_EQ(thrown_by([&] { static_cast<void>(one.result()); }), "invalid: Result is not set.");
    EXPECT_EQ(thrown_by([&] { static_cast<void>(one.exception()); }),
              "invalid: Exception is not set.");
    one.set_result(7);
    EXPECT_TRUE(one.done());
    EXPECT_FALSE(one.cancelled());
    EXPECT_EQ(one.result(), 7);
    EXPECT_EQ(one.exception(), nullptr);
    EXPECT_EQ(thrown_by([&] { one.set_result(8); }), "invalid: invalid state");
    EXPECT_EQ(thrown_by([&] { one.set_exception(std::runtime_error("x")); }),
              "invalid: invalid state");
    EXPECT_FALSE(one.cancel());
    EXPECT_EQ(one.result(), 7);
    co_return;
  }());
}

TEST_P(future_test, an_exception_is_its_end_as_well) {  // S25
  run([]() -> task<void> {
    const future<void> one;
    one.set_exception(std::runtime_error("boom"));
    EXPECT_TRUE(one.done());
    EXPECT_FALSE(one.cancelled());
    EXPECT_EQ(thrown_by([&] { one.result(); }), "boom");
    EXPECT_NE(one.exception(), nullptr);
    EXPECT_EQ(thrown_by([&] { one.set_result(); }), "invalid: invalid state");
    const std::string end = co_await end_of(one);
    EXPECT_EQ(end, "boom");
    const future<int> by_pointer;
    by_pointer.set_exception(std::make_exception_ptr(std::logic_error("kept")));
    EXPECT_EQ(thrown_by([&] { static_cast<void>(by_pointer.result()); }), "kept");
  }());
}

TEST_P(future_test, cancelled_it_throws_with_its_message_whoever_looks) {  // S25, S33
  run([]() -> task<void> {
    const future<int> one;
    EXPECT_TRUE(one.cancel("why"));
    EXPECT_FALSE(one.cancel("again"));
    EXPECT_TRUE(one.cancelled());
    for (int time = 0; time < 2; ++time) {
      EXPECT_EQ(thrown_by([&] { static_cast<void>(one.result()); }), "cancelled why");
      EXPECT_EQ(thrown_by([&] { static_cast<void>(one.exception()); }), "cancelled why");
      const std::string end = co_await end_of(one);
      EXPECT_EQ(end, "cancelled why");
    }
    EXPECT_EQ(this_task::cancelling(), 0U);
  }());
}

TEST_P(future_test, awaiting_what_is_done_does_not_suspend) {  // S31
  run([]() -> task<void> {
    const future<int> one;
    one.set_result(3);
    const auto before = this_task::scheduler().statistics().resumptions;
    const int value = co_await one;
    EXPECT_EQ(value, 3);
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(future_test, all_who_await_it_get_the_same_result) {  // S30
  run([]() -> task<void> {
    const auto look = [](future<std::string> one) -> task<const std::string*> {
      const std::string& result = co_await one;
      co_return &result;
    };
    const future<std::string> one;
    auto first = spawn(look(one));
    auto second = spawn(look(one));
    co_await settled();
    one.set_result(3, 'x');
    const std::string* const seen = co_await first;
    EXPECT_EQ(*seen, "xxx");
    const std::string* const also_seen = co_await second;
    EXPECT_EQ(seen, also_seen) << "a copy, or moved out";
  }());
}

TEST_P(future_order_test, those_who_await_it_go_on_in_order_one_turn_later) {  // S30
  run([]() -> task<void> {
    trace log;
    const auto waits = [](future<void> one, trace& text, int name) -> task<void> {
      co_await one;
      text.add("", name);
    };
    const future<void> one;
    std::vector<join_handle<void>> waiting;
    for (int name = 0; name < 3; ++name) {
      waiting.push_back(spawn(waits(one, log, name)));
    }
    co_await yield();
    one.set_result();
    EXPECT_EQ(log, "") << "resumed inside of set_result()";
    co_await yield();
    EXPECT_EQ(log, "0 1 2");
  }());
}

TEST_P(future_test, cancelling_one_who_awaits_it_cancels_it_for_all) {  // S63
  run([]() -> task<void> {
    const future<int> one;
    const auto first = spawn(end_of(one));
    const auto second = spawn(end_of(one));
    co_await settled();
    EXPECT_TRUE(first.cancel("by the first"));
    EXPECT_TRUE(one.cancelled());
    const std::string end_of_first = co_await first;
    const std::string end_of_second = co_await second;
    EXPECT_EQ(end_of_first, "cancelled by the first");
    EXPECT_EQ(end_of_second, "cancelled by the first");
    EXPECT_EQ(first.cancelling(), 1U);
    EXPECT_EQ(second.cancelling(), 0U);
  }());
}

TEST_P(future_test, the_sole_owner_may_move_the_result_out_and_others_get_copies) {
  run([]() -> task<void> {
    const auto make = [] {
      future<std::shared_ptr<int>> made;
      made.set_result(std::make_shared<int>(5));
      return made;
    };
    auto shared = make();
    auto copy = shared;
    const auto first = co_await std::move(copy);
    EXPECT_EQ(first.use_count(), 2) << "somebody else holds it: a copy";
    const auto second = co_await std::move(shared);
    EXPECT_EQ(second.use_count(), 2) << "the last one: moved";
  }());
}

TEST_P(future_test, a_result_that_cannot_be_copied_can_be_awaited) {
  run([]() -> task<void> {
    future<std::unique_ptr<int>> one;
    one.set_result(std::make_unique<int>(4));
    const auto& seen = co_await one;
    EXPECT_EQ(*seen, 4);
    const auto other = one;
    const auto moved = co_await std::move(one);
    EXPECT_EQ(*moved, 4);
    EXPECT_EQ(other.result(), nullptr);
  }());
}

TEST_P(future_test, a_result_that_throws_when_it_is_built_leaves_it_pending) {
  run([]() -> task<void> {
    struct refuses {
      explicit refuses(bool wanted) {
        if (wanted) {
          throw std::runtime_error("refused");
        }
      }
    };
    const future<refuses> one;
    EXPECT_EQ(thrown_by([&] { one.set_result(true); }), "refused");
    EXPECT_FALSE(one.done());
    one.set_result(false);
    EXPECT_TRUE(one.done());
    co_return;
  }());
}

TEST_P(future_test, handles_are_equal_if_they_are_of_the_same_future) {
  run([]() -> task<void> {
    const future<int> one;
    const future<int> other;
    const future<int> copy = one;  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_TRUE(one == copy);
    EXPECT_FALSE(one == other);
    copy.set_result(1);
    EXPECT_TRUE(one.done());
    EXPECT_FALSE(other.done());
    co_return;
  }());
}

TEST_P(future_test, an_exception_that_nobody_fetched_is_reported) {  // S75
  expect_failures();
  run([]() -> task<void> {
    {
      const future<int> dropped;
      dropped.set_exception(std::runtime_error("boom"));
    }
    {
      const future<int> looked_at;
      looked_at.set_exception(std::runtime_error("seen"));
      static_cast<void>(looked_at.exception());
    }
    {
      const future<int> silenced;
      silenced.set_exception(std::runtime_error("silenced"));
      EXPECT_FALSE(silenced.cancel());
    }
    {
      const future<int> awaited;
      awaited.set_exception(std::runtime_error("awaited"));
      co_await end_of(awaited);
    }
    {
      const future<int> cancelled;
      cancelled.cancel();
    }
    co_return;
  }());
  EXPECT_EQ(failures().text(), "Future exception was never retrieved||std::runtime_error: boom\n");
}

TEST_P(future_test, one_that_is_dropped_by_all_but_its_waiter_wakes_nobody_until_it_is_cancelled) {
  run([]() -> task<void> {
    const auto waiter = spawn([]() -> task<std::string> {
      const future<int> own;
      co_return co_await end_of(own);
    }());
    co_await settled();
    EXPECT_FALSE(waiter.done());
    waiter.cancel();
    const std::string end = co_await waiter;
    EXPECT_EQ(end, "cancelled ");
  }());
}

TEST(future_loop_test, it_may_be_made_for_a_loop_that_does_not_run_yet) {
  asyncio::event_loop loop;
  const future<int> one(loop);
  loop.call_soon([one] { one.set_result(9); });
  EXPECT_EQ(loop.run_until_complete(one), 9);
}

TEST(future_loop_test, outside_of_a_runtime_it_must_be_told_to_which_it_belongs) {
  EXPECT_THROW(future<int>(), std::logic_error);
}

TEST(future_loop_test, a_loop_may_be_closed_while_a_future_is_awaited) {
  testing::failure_log failures;
  asyncio::loop_options options;
  options.on_failure = failures.handler();
  asyncio::event_loop loop(std::move(options));
  const future<int> one(loop);
  loop.run_until_complete([](future<int> awaited) -> task<void> {
    static_cast<void>(spawn(end_of(awaited), "waiter"));
    co_await yield();
  }(one));
  loop.close();
  EXPECT_EQ(failures.all().size(), 1U) << failures.text();
  EXPECT_FALSE(one.done());
  one.set_result(1);  // Nobody is left to be woken.
}

// --- several workers -----------------------------------------------------------------------------

task<void> yield_some(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

// 1 if it was this one's value that won.
task<int> try_to_set(future<int> one, int value, int turns) {
  co_await yield_some(turns);
  try {
    one.set_result(value);
    co_return 1;
  } catch (const invalid_state_error&) {
    co_return 0;
  }
}

task<int> try_to_cancel(future<int> one, int turns) {
  co_await yield_some(turns);
  co_return one.cancel("race") ? 1 : 0;
}

task<std::string> await_later(future<int> one, int turns) {
  co_await yield_some(turns);
  co_return co_await end_of(one);
}

TEST_P(future_threads_test, of_several_who_end_it_one_wins_and_all_waiters_see_that_one) {  // B26
  run([]() -> task<void> {
    for (int round = 0; round < scaled(4'000); ++round) {
      const future<int> one;
      auto first = spawn(await_later(one, round % 4));
      auto second = spawn(await_later(one, round % 3));
      const auto [a, b, c] =
          co_await gather(try_to_set(one, 1, round % 3), try_to_set(one, 2, round % 2),
                          try_to_cancel(one, round % 5));
      EXPECT_EQ(a + b + c, 1) << "round " << round;
      const std::string expected = a == 1 ? "1" : (b == 1 ? "2" : "cancelled race");
      const std::string seen_by_first = co_await first;  // Hangs if a wake-up gets lost.
      const std::string seen_by_second = co_await second;
      EXPECT_EQ(seen_by_first, expected);
      EXPECT_EQ(seen_by_second, expected);
    }
  }());
}

TEST_P(future_threads_test, a_waiter_that_is_cancelled_in_the_same_instant_ends_once) {  // B18
  run([]() -> task<void> {
    for (int round = 0; round < scaled(4'000); ++round) {
      const future<int> one;
      auto waiter = spawn(await_later(one, 0));
      auto other = spawn(await_later(one, round % 2));
      co_await yield_some(round % 3);
      auto setter = spawn(try_to_set(one, 1, round % 2));
      waiter.cancel("waiter");
      std::string end;
      try {
        end = co_await waiter;
      } catch (const cancelled_error&) {
        end = "cancelled before it began";
      }
      const int set = co_await setter;
      const std::string end_of_other = co_await other;
      EXPECT_EQ(set == 1, end_of_other == "1") << end_of_other;
      EXPECT_TRUE(end == "1" || end.starts_with("cancelled")) << end;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
