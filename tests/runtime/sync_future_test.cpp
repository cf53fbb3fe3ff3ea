// tests/runtime/sync_future_test.cpp
//
// Goal: a thread outside gets the result of a task, or is told that there will be none, whatever the task
// and its runtime do. Method: a thread per test, started by a task of every runtime that can run beside it;
// the task waits for the thread in to_thread().
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::scaled;
using testing::settled;

class sync_future_test : public testing::runtime_test {
 protected:
  // Calls `function(home)` in a thread while the runtime of `home` runs.
  template <class F>
  void beside_a_run(F function) {
    run([](F called) -> task<void> {
      scheduler* const home = &this_task::scheduler();
      std::thread outside([called, home] { called(*home); });
      auto joined = to_thread([](std::thread* thread) { thread->join(); }, &outside);
      co_await std::move(joined);
    }(std::move(function)));
  }
};
JACKDAW_OVER_KINDS(sync_future_test, all_kinds());

task<int> add(int a, int b) {
  co_await yield();
  co_return a + b;
}

task<int> fails() {
  co_await yield();
  throw std::out_of_range("no");
}

struct stage {
  event gate;
  std::atomic<bool> begun{false};
  std::atomic<bool> cancelled{false};
};

task<int> held(std::shared_ptr<stage> on) {
  on->begun.store(true);
  on->begun.notify_all();
  try {
    co_await on->gate.wait();
  } catch (const cancelled_error&) {
    on->cancelled.store(true);
    on->cancelled.notify_all();
    throw;
  }
  co_return 1;
}

task<void> open(std::shared_ptr<stage> on) {
  on->gate.set();
  co_return;
}

TEST_P(sync_future_test, get_gives_what_the_task_returns_or_throws) {  // S198
  beside_a_run([](scheduler& home) {
    EXPECT_EQ(run_coroutine_threadsafe(add(1, 2), home).get(), 3);
    const auto kept = run_coroutine_threadsafe(add(3, 4), home);
    EXPECT_EQ(kept.get(), 7);
    EXPECT_EQ(kept.get(), 7);  // It stays.
    EXPECT_TRUE(kept.done());
    EXPECT_EQ(kept.exception(), nullptr);
    const auto failed = run_coroutine_threadsafe(fails(), home);
    EXPECT_THROW(failed.get(), std::out_of_range);
    EXPECT_NE(failed.exception(), nullptr);
    EXPECT_FALSE(failed.cancelled());
  });
}

TEST_P(sync_future_test, a_result_is_moved_out_of_the_last_one) {
  beside_a_run([](scheduler& home) {
    auto result = run_coroutine_threadsafe(
        []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); }(), home);
    const std::unique_ptr<int> number = std::move(result).get();
    EXPECT_EQ(*number, 5);
  });
}

TEST_P(sync_future_test, a_time_limit_leaves_the_task_alone) {  // S198
  beside_a_run([](scheduler& home) {
    const auto on = std::make_shared<stage>();
    const auto result = run_coroutine_threadsafe(held(on), home);
    EXPECT_THROW(result.get(1ns), timeout_error);
    EXPECT_FALSE(result.done());
    run_coroutine_threadsafe(open(on), home).get();
    EXPECT_EQ(result.get(), 1);
    EXPECT_FALSE(on->cancelled.load());
    EXPECT_FALSE(result.cancel());
  });
}

TEST_P(sync_future_test, cancel_ends_the_waiting_at_once_and_the_task_later) {  // S198
  beside_a_run([](scheduler& home) {
    const auto on = std::make_shared<stage>();
    const auto result = run_coroutine_threadsafe(held(on), home);
    on->begun.wait(false);
    EXPECT_TRUE(result.cancel());
    EXPECT_TRUE(result.cancel());
    EXPECT_TRUE(result.done());
    EXPECT_TRUE(result.cancelled());
    EXPECT_THROW(result.get(), cancelled_error);
    EXPECT_THROW(static_cast<void>(result.exception()), cancelled_error);
    on->cancelled.wait(false);
  });
}

TEST_P(sync_future_test, a_task_that_ends_cancelled_cancels_the_waiting) {
  beside_a_run([](scheduler& home) {
    const auto result = run_coroutine_threadsafe(
        []() -> task<void> {
          this_task::cancel();
          co_await yield();
        }(),
        home);
    EXPECT_THROW(result.get(), cancelled_error);
    EXPECT_TRUE(result.cancelled());
  });
}

TEST_P(sync_future_test, a_task_that_would_wait_for_itself_is_told) {
  run([]() -> task<void> {
    const auto on = std::make_shared<stage>();
    const auto result = run_coroutine_threadsafe(held(on), this_task::scheduler());
    EXPECT_THROW(result.get(), std::logic_error);
    on->gate.set();
    co_await settled();
    EXPECT_EQ(result.get(), 1);
  }());
}

TEST_P(sync_future_test, the_task_sees_the_context_of_who_asked) {
  static const context_var<int> number("number", 0);
  beside_a_run([](scheduler& home) {
    number.set(5);
    const auto look = []() -> task<int> { co_return number.get(); };
    EXPECT_EQ(run_coroutine_threadsafe(look(), home).get(), 5);
  });
}

TEST_P(sync_future_test, who_waits_is_told_when_the_run_ends) {
  std::optional<sync_future<int>> result;
  run([](std::optional<sync_future<int>>* kept) -> task<void> {
    kept->emplace(
        run_coroutine_threadsafe(held(std::make_shared<stage>()), this_task::scheduler()));
    co_await settled();
  }(&result));
  EXPECT_THROW(result->get(), cancelled_error);
  EXPECT_TRUE(result->cancel());  // It is cancelled already, and its runtime is gone.
}

TEST_P(sync_future_test, cancellations_and_ends_meet) {
  beside_a_run([](scheduler& home) {
    int ended = 0;
    int cancelled = 0;
    constexpr int rounds = scaled(3'000);
    for (int round = 0; round < rounds; ++round) {
      const auto result = run_coroutine_threadsafe(add(round, 1), home);
      if (round % 2 == 0) {
        std::this_thread::yield();
      }
      if (result.cancel()) {
        ++cancelled;
        EXPECT_THROW(result.get(), cancelled_error);
      } else {
        ++ended;
        EXPECT_EQ(result.get(), round + 1);
      }
    }
    EXPECT_EQ(ended + cancelled, rounds);
  });
}

TEST(sync_future_loop_test, a_loop_that_is_closed_refuses) {  // S199
  asyncio::event_loop loop;
  loop.close();
  EXPECT_THROW(run_coroutine_threadsafe(add(1, 2), loop), std::runtime_error);
}

TEST(sync_future_loop_test, who_waits_is_told_when_a_loop_is_closed_that_never_began) {
  asyncio::event_loop loop;
  std::optional<sync_future<int>> result;
  std::thread([&] { result.emplace(run_coroutine_threadsafe(add(1, 2), loop)); }).join();
  EXPECT_FALSE(result->done());
  loop.close();
  EXPECT_THROW(result->get(), cancelled_error);
}

TEST(sync_future_loop_test,
     what_is_cancelled_before_it_begins_runs_its_first_step) {  // asyncio's order
  asyncio::event_loop loop;
  const auto on = std::make_shared<stage>();
  const auto result = run_coroutine_threadsafe(held(on), loop);
  EXPECT_TRUE(result.cancel());
  loop.call_later(1ms, [&loop] { loop.stop(); });
  loop.run_forever();
  EXPECT_TRUE(on->begun.load());
  EXPECT_TRUE(on->cancelled.load());
}

}  // namespace
}  // namespace jackdaw
