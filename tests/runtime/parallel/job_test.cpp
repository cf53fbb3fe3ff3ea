// tests/runtime/parallel/job_test.cpp
//
// Goal: a task that awaits parallel work suspends while others run; it goes on when the work has ended, and
// never before, however it ends: by itself, by an exception, by a cancellation, with its loop. Method:
// bodies that wait for the test, so that it knows what runs; counters of who is inside.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/parallel/parallel.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::random_numbers;
using testing::scaled;
using testing::settled;
using testing::virtual_kinds;

class job_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(job_test, all_kinds());
class job_time_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(job_time_test, virtual_kinds());

// More than can be done: who waits for its end without cancelling it hangs.
constexpr std::uint64_t endless = std::uint64_t{1} << 50;

struct gate {
  std::atomic<bool> entered{false};
  std::atomic<bool> open{false};

  void pass() {
    entered.store(true);
    open.wait(false);
  }
  void release() {
    open.store(true);
    open.notify_all();
  }
};

task<void> until(const std::atomic<bool>& flag) {
  while (!flag.load()) {
    co_await yield();
  }
}

task<void> pass(gate& held) {
  co_await parallel::parallel_for(0, 1, [&held](int) { held.pass(); });
}

task<void> count_for_ever(std::atomic<std::uint64_t>& count, std::atomic<int>& inside) {
  struct scope {
    explicit scope(std::atomic<int>& inside) : of(&inside) { ++*of; }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope() { --*of; }
    std::atomic<int>* of;
  };
  try {
    co_await parallel::parallel_for(std::uint64_t{0}, endless, [&](std::uint64_t) {
      const scope counted(inside);
      ++count;
    });
  } catch (const cancelled_error&) {
    EXPECT_EQ(inside.load(), 0) << "nobody works any more on what belongs to this task";
    throw;
  }
}

TEST_P(job_test, others_run_while_a_task_awaits_parallel_work) {
  run([]() -> task<void> {
    gate held;
    const auto waiting = spawn(pass(held));
    co_await until(held.entered);
    int turns = 0;
    for (; turns < 100; ++turns) {
      co_await yield();
    }
    EXPECT_FALSE(waiting.done());
    held.release();
    co_await waiting;
  }());
}

TEST_P(job_test, the_work_is_done_by_threads_that_are_no_workers_and_take_no_signals) {
  run([]() -> task<void> {
    std::atomic<int> workers{0};
    std::atomic<int> open_to_signals{0};
    co_await parallel::parallel_for(0, 100, [&](int) {
      workers += current_context().scheduler != nullptr ? 1 : 0;
      sigset_t blocked;
      sigemptyset(&blocked);
      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      open_to_signals += sigismember(&blocked, SIGTERM) == 1 ? 0 : 1;
    });
    EXPECT_EQ(workers.load(), 0);
    EXPECT_EQ(open_to_signals.load(), 0);
  }());
}

TEST_P(job_test, an_exception_of_the_work_is_thrown_at_the_await) {
  run([]() -> task<void> {
    std::string text;
    try {
      co_await parallel::parallel_for(0, 1'000, [](int index) {
        if (index == 500) {
          throw std::runtime_error("five hundred");
        }
      });
    } catch (const std::runtime_error& error) {
      text = error.what();
    }
    EXPECT_EQ(text, "five hundred");
    std::atomic<int> calls{0};
    co_await parallel::parallel_for(0, 10, [&calls](int) { ++calls; });
    EXPECT_EQ(calls.load(), 10) << "the arena survived it";
  }());
}

TEST_P(job_test, a_cancelled_task_throws_when_the_work_has_stopped) {
  run([]() -> task<void> {
    std::atomic<std::uint64_t> count{0};
    std::atomic<int> inside{0};
    const auto working = spawn(count_for_ever(count, inside));
    while (count.load() == 0) {
      co_await yield();
    }
    working.cancel();
    bool cancelled = false;
    try {
      co_await working;
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    const std::uint64_t now = count.load();
    co_await settled();
    EXPECT_EQ(count.load(), now);
  }());
}

TEST_P(job_test, a_cancelled_task_waits_for_what_cannot_be_interrupted) {
  run([]() -> task<void> {
    gate held;
    const auto waiting = spawn(pass(held));
    co_await until(held.entered);
    waiting.cancel();
    waiting.cancel("stop");
    co_await settled();
    EXPECT_FALSE(waiting.done());
    held.release();
    std::string text;
    try {
      co_await waiting;
    } catch (const cancelled_error& error) {
      text = error.message();
    }
    EXPECT_EQ(text, "stop");
    EXPECT_TRUE(waiting.cancelled());
  }());
}

task<void> use(std::shared_ptr<int> token) {
  auto add = [held = std::move(token)](int) { ++*held; };
  co_await parallel::parallel_for(0, 1, std::move(add));
}

TEST_P(job_test, work_that_no_thread_has_begun_is_taken_back_at_once) {
  run([]() -> task<void> {
    this_task::scheduler().blocking().set_threads_max(1);
    gate held;
    const auto first = spawn(pass(held));
    co_await until(held.entered);
    auto token = std::make_shared<int>(0);
    const auto second = spawn(use(token));
    co_await settled();
    second.cancel();
    bool cancelled = false;
    try {
      co_await second;  // Hangs if it waits for the first.
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(*token, 0);
    EXPECT_EQ(token.use_count(), 1) << "what the call was given is gone";
    held.release();
    co_await first;
  }());
}

TEST_P(job_test, work_that_has_no_place_in_the_arena_is_taken_back_at_once) {
  run([]() -> task<void> {
    const unsigned cores = parallel::cores_of(this_task::scheduler());
    std::vector<std::unique_ptr<gate>> gates;
    std::vector<join_handle<void>> holders;
    for (unsigned index = 0; index < cores; ++index) {
      gates.push_back(std::make_unique<gate>());
      holders.push_back(spawn(pass(*gates.back())));
    }
    for (const auto& each : gates) {
      co_await until(each->entered);
    }
    auto token = std::make_shared<int>(0);
    const auto another = spawn(use(token));
    while (this_task::scheduler().blocking().threads() <= cores) {
      co_await yield();  // Until a thread of its own waits for a place.
    }
    co_await settled();
    another.cancel();
    bool cancelled = false;
    try {
      co_await another;
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(token.use_count(), 1);
    for (const auto& each : gates) {
      each->release();
    }
    co_await gather(std::move(holders));
    EXPECT_EQ(*token, 0);
  }());
}

TEST_P(job_test, what_the_call_was_given_is_destroyed_before_the_await_ends) {
  run([]() -> task<void> {
    auto token = std::make_shared<int>(0);
    for (int round = 0; round < scaled(200); ++round) {
      auto work = parallel::parallel_for(0, 4, [token](int) {});
      co_await std::move(work);
      EXPECT_EQ(token.use_count(), 1);
    }
  }());
}

task<void> cancelled_before_it_waits(gate& held) {
  this_task::cancel();
  co_await parallel::parallel_for(0, 1, [&held](int) { held.entered.store(true); });
}

TEST_P(job_test, a_cancellation_that_was_due_comes_at_the_await) {
  run([]() -> task<void> {
    gate held;
    const auto task = spawn(cancelled_before_it_waits(held));
    bool cancelled = false;
    try {
      co_await task;
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
  }());
}

task<int> add_up(const std::vector<int>& numbers) {
  const int sum = co_await parallel::reduce(numbers, 0);
  co_return sum;
}

TEST_P(job_test, several_at_once_share_the_arena) {
  run([]() -> task<void> {
    const std::vector<int> numbers(2'000, 1);
    std::vector<task<int>> all;
    for (int index = 0; index < scaled(100); ++index) {
      all.push_back(add_up(numbers));
    }
    const std::vector<int> sums = co_await gather(std::move(all));
    for (const int sum : sums) {
      EXPECT_EQ(sum, 2'000);
    }
  }());
}

TEST_P(job_test, cancellations_at_any_time_lose_nobody) {
  run([]() -> task<void> {
    auto random = random_numbers();
    const std::vector<int> numbers(2'000, 1);
    for (int round = 0; round < scaled(500); ++round) {
      const auto adding = spawn(add_up(numbers));
      for (unsigned turn = random() % 20; turn != 0; --turn) {
        co_await yield();
      }
      if (random() % 2 == 0) {
        std::this_thread::yield();
      }
      adding.cancel();
      try {
        const int sum = co_await adding;
        EXPECT_EQ(sum, 2'000);
      } catch (const cancelled_error&) {
        EXPECT_TRUE(adding.cancelled());
      }
    }
  }());
}

task<void> sleep_for(duration time) { co_await sleep(time); }

TEST_P(job_time_test, a_deadline_cancels_the_work_and_time_stands_still_while_it_runs) {
  run([]() -> task<void> {
    const time_point began = this_task::scheduler().now();
    gate held;
    const auto waiting = spawn(pass(held));
    const auto sleeper = spawn(sleep_for(1h));
    co_await until(held.entered);
    co_await settled();
    EXPECT_EQ(this_task::scheduler().now(), began);
    EXPECT_FALSE(sleeper.done());
    held.release();
    co_await waiting;
    co_await sleeper;
    EXPECT_EQ(this_task::scheduler().now(), began + 1h);
  }());
}

TEST_P(job_test, a_runtime_that_ends_stops_the_work_of_its_tasks) {
  std::atomic<std::uint64_t> count{0};
  std::atomic<int> inside{0};
  run([](std::atomic<std::uint64_t>& counted, std::atomic<int>& working) -> task<void> {
    spawn(count_for_ever(counted, working));
    while (counted.load() == 0) {
      co_await yield();
    }
  }(count, inside));
  EXPECT_EQ(inside.load(), 0);
}

task<void> end_while_it_closes(std::atomic<bool>& begun, std::atomic<bool>& ended) {
  const std::unique_ptr<std::atomic<bool>> own = std::make_unique<std::atomic<bool>>(false);
  blocking_pool& threads = this_task::scheduler().blocking();
  co_await parallel::parallel_for(0, 1, [&](int) {
    begun.store(true);
    while (threads.threads() != 0) {  // Until close() has taken them, to join them.
      std::this_thread::yield();
    }
    own->store(true);  // Of the frame: a sanitizer sees whether it is there.
    ended.store(true);
  });
}

TEST(job_loop_test, a_loop_that_is_closed_waits_for_the_work_before_it_destroys_the_task) {
  testing::failure_log failures;
  std::atomic<bool> begun{false};
  std::atomic<bool> ended{false};
  {
    asyncio::loop_options options;
    options.on_failure = failures.handler();
    asyncio::event_loop loop(std::move(options));
    loop.create_task(end_while_it_closes(begun, ended), "working");
    loop.run_until_complete(until(begun));
    loop.close();
    EXPECT_TRUE(ended.load());
  }
  EXPECT_EQ(failures.all().size(), 1U) << failures.text();
}

}  // namespace
}  // namespace jackdaw
