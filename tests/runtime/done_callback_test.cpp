// tests/runtime/done_callback_test.cpp
//
// Goal: functions that are called when something is done: when, how often, in which order, where what
// they throw goes, and how long they live. Method: over every runtime, callbacks that write into a trace;
// a loop that is closed with callbacks in its queue; on several workers, ends and removals that meet.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::parallel_kinds;
using testing::runtime_kind;
using testing::scaled;
using testing::settled;
using testing::trace;

std::vector<runtime_kind> kinds_that(bool (runtime_kind::*property)() const) {
  std::vector<runtime_kind> kinds;
  std::copy_if(all_kinds().begin(), all_kinds().end(), std::back_inserter(kinds),
               [property](const runtime_kind& kind) { return (kind.*property)(); });
  return kinds;
}

class done_callback_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(done_callback_test, all_kinds());
class done_callback_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(done_callback_order_test, kinds_that(&runtime_kind::keeps_order));
class done_callback_one_thread_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(done_callback_one_thread_test, kinds_that(&runtime_kind::one_thread));
task<void> wait_for_ever(std::shared_ptr<event> gate) { co_await gate->wait(); }

TEST_P(done_callback_test, callbacks_of_tasks_that_end_in_the_shutdown_are_called) {
  std::atomic<int> called = 0;
  run([](std::atomic<int>& calls) -> task<void> {
    const auto never_set = std::make_shared<event>();
    for (int index = 0; index < 3; ++index) {
      const auto waits = spawn(wait_for_ever(never_set));
      waits.add_done_callback([&calls](const auto& /*unused*/) { ++calls; });
    }
    co_await settled();
  }(called));
  EXPECT_EQ(called, 3);
}

class done_callback_pool_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(done_callback_pool_test, testing::pool_kinds());

TEST_P(done_callback_pool_test, what_they_spawn_in_the_shutdown_is_born_cancelled_and_awaited) {
  std::atomic<int> cancelled = 0;
  const auto count = [](const join_handle<void>& ended, std::atomic<int>& cancellations) {
    cancellations.fetch_add(ended.cancelled() ? 1 : 0);
  };
  run([](std::atomic<int>& cancellations, auto counts) -> task<void> {
    const auto never_set = std::make_shared<event>();
    const auto waits = spawn(wait_for_ever(never_set));
    waits.add_done_callback([&cancellations, counts, never_set](const join_handle<void>& ended) {
      counts(ended, cancellations);
      spawn(wait_for_ever(never_set))
          .add_done_callback([&cancellations, counts](const join_handle<void>& later) {
            counts(later, cancellations);
          });
    });
    co_await settled();
  }(cancelled, count));
  EXPECT_EQ(cancelled, 2);
}

class done_callback_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(done_callback_threads_test, parallel_kinds());

auto writes(trace& log, const char* word) {
  return [&log, word](const future<int>&) { log.add(word); };
}

TEST_P(done_callback_one_thread_test, a_callback_runs_after_the_end_not_inside_of_it) {  // S26
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    one.add_done_callback([&log](const future<int>& done) { log.add("result", done.result()); });
    co_await settled();
    EXPECT_EQ(log, "");
    one.set_result(7);
    EXPECT_EQ(log, "");
    co_await settled();
    EXPECT_EQ(log, "result7");
  }());
}

TEST_P(done_callback_order_test, callbacks_run_in_the_order_of_their_registration) {  // S26
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    for (const char* const word : {"a", "b", "c"}) {
      one.add_done_callback(writes(log, word));
    }
    one.cancel();
    EXPECT_EQ(log, "");
    co_await yield();
    EXPECT_EQ(log, "a b c");
  }());
}

TEST_P(done_callback_one_thread_test, one_that_comes_late_is_queued_too) {  // S27
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    one.set_result(1);
    one.add_done_callback(writes(log, "late"));
    EXPECT_EQ(log, "");
    co_await settled();
    EXPECT_EQ(log, "late");
  }());
}

TEST_P(done_callback_test, one_that_was_removed_never_runs) {  // S28
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    const auto removed = one.add_done_callback(writes(log, "removed"));
    one.add_done_callback(writes(log, "kept"));
    EXPECT_EQ(one.remove_done_callback(removed), 1U);
    EXPECT_EQ(one.remove_done_callback(removed), 0U);
    one.set_result(1);
    co_await settled();
    EXPECT_EQ(log, "kept");
    EXPECT_EQ(one.remove_done_callback(removed), 0U);
  }());
}

TEST_P(done_callback_order_test, one_that_is_queued_cannot_be_removed) {  // S28
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    const auto token = one.add_done_callback(writes(log, "runs"));
    one.set_result(1);
    EXPECT_EQ(one.remove_done_callback(token), 0U);
    co_await yield();
    EXPECT_EQ(log, "runs");
  }());
}

task<int> give(int value) { co_return value; }

task<int> fail() {
  throw std::runtime_error("boom");
  co_return 0;
}

TEST_P(done_callback_test, tasks_and_gathers_have_callbacks_that_get_their_own_handle) {  // S29
  run([]() -> task<void> {
    trace log;
    const auto one = spawn(give(1), "one");
    one.add_done_callback(
        [&log](const join_handle<int>& done) { log.add(done.name(), done.result()); });
    const auto failed = spawn(fail());
    failed.add_done_callback([&log](const join_handle<int>& done) {
      log.add(done.exception() != nullptr ? "failed" : "ended");
    });
    const auto both = gather(give(2), give(3));
    both.add_done_callback(
        [&log](const auto& done) { log.add("second", std::get<1>(done.result())); });
    co_await settled();
    EXPECT_EQ(log.sorted(), "failed one1 second3");
  }());
}

TEST_P(done_callback_test, what_a_callback_throws_is_reported_and_the_others_run) {  // S26
  expect_failures();
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    one.add_done_callback([](const future<int>&) { throw std::runtime_error("boom"); });
    one.add_done_callback([](const future<int>&) { throw cancelled_error("odd"); });
    one.add_done_callback(writes(log, "runs"));
    one.set_result(1);
    co_await settled();
    EXPECT_EQ(log, "runs");
  }());
  EXPECT_EQ(failures().all().size(), 2U) << failures().text();
  EXPECT_NE(failures().text().find("Exception in callback"), std::string::npos);
  EXPECT_NE(failures().text().find("boom"), std::string::npos);
}

TEST(done_callback_loop_test, an_order_to_end_the_program_leaves_the_loop) {  // S21
  asyncio::event_loop loop;
  const future<int> one(loop);
  one.add_done_callback([](const future<int>&) { throw keyboard_interrupt(); });
  one.set_result(1);
  EXPECT_THROW(loop.run_until_complete(give(1)), keyboard_interrupt);
}

TEST_P(done_callback_test, a_callback_may_register_and_remove_others) {
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    const future<int> other;
    const auto of_other = other.add_done_callback(writes(log, "other"));
    one.add_done_callback([&](const future<int>& done) {
      log.add("first");
      EXPECT_EQ(other.remove_done_callback(of_other), 1U);
      done.add_done_callback(writes(log, "second"));
    });
    one.set_result(1);
    co_await settled();
    other.set_result(2);
    co_await settled();
    EXPECT_EQ(log, "first second");
  }());
}

TEST_P(done_callback_test, a_function_goes_when_it_was_called_or_removed_or_its_future_is_gone) {
  run([]() -> task<void> {
    const auto captured = std::make_shared<int>(0);
    const auto keep = [captured](const future<int>&) {};
    const auto users = [&captured] {
      return captured.use_count() - 2;
    };  // Ours and that of `keep`.
    {
      const future<int> dropped;
      dropped.add_done_callback(keep);
      EXPECT_EQ(users(), 1);
    }
    EXPECT_EQ(users(), 0) << "the future has gone without an end";
    const future<int> one;
    const future<int> two;
    one.add_done_callback(keep);
    auto removed = two.add_done_callback(keep);
    EXPECT_EQ(two.remove_done_callback(removed), 1U);
    removed = {};
    EXPECT_EQ(users(), 1);
    one.set_result(1);
    co_await settled();
    EXPECT_EQ(users(), 0) << "called, or removed";
  }());
}

TEST_P(done_callback_test, a_token_of_another_future_removes_nothing_even_if_that_is_gone) {
  run([]() -> task<void> {
    trace log;
    const future<int> one;
    const future<int> other;
    const auto of_one = one.add_done_callback(writes(log, "one"));
    done_callback_token of_dropped;
    {
      const future<int> dropped;
      of_dropped = dropped.add_done_callback(writes(log, "dropped"));
    }
    EXPECT_EQ(other.remove_done_callback(of_one), 0U);
    EXPECT_EQ(other.remove_done_callback(of_dropped), 0U);
    one.set_result(1);
    co_await settled();
    EXPECT_EQ(log, "one");
  }());
}

TEST_P(done_callback_test, a_callback_keeps_its_future_alive_once_it_is_queued) {
  run([]() -> task<void> {
    trace log;
    {
      const future<int> one;
      one.add_done_callback([&log](const future<int>& done) { log.add("", done.result()); });
      one.set_result(5);
    }
    co_await settled();
    EXPECT_EQ(log, "5");
  }());
}

TEST(done_callback_close_test,
     callbacks_in_the_queue_of_a_loop_that_is_closed_go_uncalled) {  // S17
  const auto captured = std::make_shared<int>(0);
  {
    asyncio::event_loop loop;
    const future<int> one(loop);
    one.add_done_callback([captured](const future<int>&) { ADD_FAILURE() << "called"; });
    const auto token = one.add_done_callback([captured](const future<int>&) { ADD_FAILURE(); });
    one.set_result(1);
    loop.close();
    EXPECT_EQ(token->remove(), 0U);
  }
  EXPECT_EQ(captured.use_count(), 1);
}

TEST_P(done_callback_test, a_runtime_that_ends_leaves_no_callback_behind) {
  const auto captured = std::make_shared<int>(0);
  for (int round = 0; round < 20; ++round) {
    run([](std::shared_ptr<int> shared) -> task<void> {
      const future<int> one;
      one.add_done_callback([shared](const future<int>&) {});
      one.set_result(1);
      one.add_done_callback([shared](const future<int>&) {});
      co_return;
    }(captured));
  }
  EXPECT_EQ(captured.use_count(), 1);
}

task<void> end_soon(future<int> one, int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  one.set_result(1);
}

task<void> remove_soon(future<int> one, done_callback_token token, int turns,
                       std::atomic<int>& removed) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  removed.fetch_add(static_cast<int>(one.remove_done_callback(token)));
}

TEST_P(done_callback_threads_test, a_callback_is_called_once_or_removed_once) {  // S28
  run([]() -> task<void> {
    for (int round = 0; round < scaled(3'000); ++round) {
      std::atomic<int> called{0};
      std::atomic<int> removed{0};
      const future<int> one;
      const auto token =
          one.add_done_callback([&called](const future<int>&) { called.fetch_add(1); });
      co_await gather(end_soon(one, round % 3), remove_soon(one, token, round % 2, removed),
                      remove_soon(one, token, round % 5, removed));
      while (called.load() + removed.load() == 0) {
        co_await yield();
      }
      EXPECT_EQ(called.load() + removed.load(), 1) << "round " << round;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
