// tests/runtime/detached_test.cpp
//
// Goal: a detached task is a task: it begins later, runs once, is counted from its start, is cancelled by the end
// of its runtime and reported if it fails. On workers it takes a frame and nothing else until its turn. Method:
// counted runs, blocks and arguments over every runtime; threads that spawn while a pool ends.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::pool_of;
using testing::run_in;
using testing::run_options;
using testing::scaled;
using testing::settled;
using testing::trace;

class detached_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(detached_test, all_kinds());

task<void> count_up(std::atomic<int>& count) {
  count.fetch_add(1);
  co_return;
}

task<void> fail() {
  co_await yield();
  throw std::runtime_error("detached and broken");
}

task<void> keep(std::shared_ptr<int> argument, event& gate, std::atomic<int>& begun,
                std::atomic<int>& cancelled) {
  begun.fetch_add(1);
  try {
    co_await gate.wait();
  } catch (const cancelled_error&) {
    cancelled.fetch_add(*argument);
    throw;
  }
}

TEST_P(detached_test, it_begins_later_and_runs_once) {
  run([](bool alone) -> task<void> {
    std::atomic<int> count{0};
    spawn_detached(count_up(count));
    if (alone) {
      EXPECT_EQ(count.load(), 0);
    }
    while (count.load() == 0) {
      co_await yield();
    }
    co_await settled();
    EXPECT_EQ(count.load(), 1);
  }(GetParam().one_thread()));
}

TEST_P(detached_test, they_are_counted_from_their_start_to_their_end) {
  run([](bool alone) -> task<void> {
    constexpr int tasks = scaled(20'000);
    std::atomic<int> count{0};
    scheduler& home = current_scheduler();
    const std::uint64_t spawned = home.statistics().spawns;
    for (int index = 0; index < tasks; ++index) {
      spawn_detached(count_up(count));
    }
    EXPECT_EQ(home.statistics().spawns - spawned, std::uint64_t{tasks});
    if (alone) {
      EXPECT_EQ(home.statistics().tasks_alive, std::uint64_t{tasks} + 1);
    }
    while (count.load() < tasks) {
      co_await yield();
    }
    while (home.statistics().tasks_alive != 1) {
      co_await yield();
    }
    EXPECT_EQ(count.load(), tasks);
  }(GetParam().one_thread()));
}

TEST_P(detached_test, what_it_throws_is_reported_once) {
  expect_failures();
  run([]() -> task<void> {
    spawn_detached(fail());
    while (current_scheduler().statistics().tasks_alive != 1) {
      co_await yield();
    }
  }());
  ASSERT_EQ(failures().all().size(), 1U);
  EXPECT_NE(failures().text().find("detached and broken"), std::string::npos);
}

TEST_P(detached_test, one_that_waits_is_cancelled_by_the_end_of_the_runtime) {
  std::atomic<int> begun{0};
  std::atomic<int> cancelled{0};
  event gate;
  auto argument = std::make_shared<int>(1);
  run([](std::shared_ptr<int> given, event& gate, std::atomic<int>& begun,
         std::atomic<int>& cancelled) -> task<void> {
    spawn_detached(keep(std::move(given), gate, begun, cancelled));
    while (begun.load() == 0) {
      co_await yield();
    }
    co_await settled();
  }(argument, gate, begun, cancelled));
  EXPECT_EQ(cancelled.load(), 1);
  EXPECT_EQ(argument.use_count(), 1);
}

TEST_P(detached_test, those_that_never_had_their_turn_give_their_arguments_back) {
  constexpr int tasks = 300;
  std::atomic<int> begun{0};
  std::atomic<int> cancelled{0};
  event gate;
  auto argument = std::make_shared<int>(1);
  run([](const std::shared_ptr<int>& given, event& gate, std::atomic<int>& begun,
         std::atomic<int>& cancelled) -> task<void> {
    for (int index = 0; index < tasks; ++index) {
      spawn_detached(keep(given, gate, begun, cancelled));
    }
    co_return;
  }(argument, gate, begun, cancelled));
  EXPECT_EQ(argument.use_count(), 1);
  EXPECT_EQ(cancelled.load(), begun.load());
  if (GetParam().one_thread() && !GetParam().is_loop()) {
    EXPECT_EQ(begun.load(),
              0);  // A loop begins what is ready in the turn in which main ends (asyncio).
  }
}

TEST_P(detached_test, one_may_spawn_the_next) {
  struct chain {
    static task<void> link(int left, std::atomic<int>& ended) {
      if (left > 0) {
        spawn_detached(link(left - 1, ended));
      }
      ended.fetch_add(1);
      co_return;
    }
  };
  run([]() -> task<void> {
    constexpr int links = 500;
    std::atomic<int> ended{0};
    spawn_detached(chain::link(links, ended));
    while (ended.load() <= links) {
      co_await yield();
    }
  }());
}

TEST(detached_on_workers_test, a_waiting_one_takes_a_frame_and_nothing_else) {
  run_in(pool_of(1), []() -> task<void> {
    constexpr int tasks = 100;
    std::atomic<int> count{0};
    const std::int64_t before = live_frames();
    for (int index = 0; index < tasks; ++index) {
      spawn_detached(count_up(count));
    }
    // Once somebody has set a context variable in this process, it is spawn(): a frame and a record.
    EXPECT_EQ(live_frames() - before, context_slot::may_be_needed() ? 2 * tasks : tasks);
    while (count.load() < tasks) {
      co_await yield();
    }
    EXPECT_EQ(live_frames(), before);
  }());
}

TEST(detached_on_workers_test, threads_that_spawn_while_a_pool_ends_are_served_or_refused) {
  constexpr int rounds = scaled(200);
  constexpr int threads = 3;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> begun{0};
    std::atomic<int> accepted{0};
    std::atomic<int> ready{0};
    std::atomic<bool> left{false};
    std::atomic<scheduler*> home{nullptr};
    auto argument = std::make_shared<int>(1);
    // The pool outlives its run, so that those who come late are refused by it.
    pool_options options;
    options.workers = 2;
    pool pool(std::move(options));
    std::vector<std::thread> outside;
    for (int thread = 0; thread < threads; ++thread) {
      outside.emplace_back([&] {
        while (home.load() == nullptr) {
          std::this_thread::yield();
        }
        ready.fetch_add(1);
        try {
          while (!left.load()) {
            spawn_detached_on(
                *home.load(),
                [](std::shared_ptr<int> /*given*/, std::atomic<int>& begun) -> task<void> {
                  begun.fetch_add(1);
                  co_return;
                }(argument, begun));
            accepted.fetch_add(1);
          }
        } catch (const std::runtime_error& refused) {
          EXPECT_STREQ(refused.what(), "This pool has ended: nothing can be started on it");
        }
      });
    }
    auto* const main = new task_state<void>(
        pool,
        [](std::atomic<scheduler*>& home, std::atomic<int>& ready,
           std::atomic<int>& begun) -> task<void> {
          home.store(&current_scheduler());
          while (ready.load() < threads || begun.load() < threads) {
            co_await yield();
          }
        }(home, ready, begun),
        "main");
    pool.run(*main);
    left.store(true);
    for (std::thread& thread : outside) {
      thread.join();
    }
    EXPECT_LE(begun.load(), accepted.load());
    EXPECT_EQ(argument.use_count(), 1)
        << "an argument was lost, of one that was accepted or refused";
  }
}

TEST(detached_on_workers_test, where_context_variables_are_used_they_are_inherited) {
  static const context_var<int> number("number", 0);
  run_in(pool_of(2), []() -> task<void> {
    number.set(7);
    std::atomic<int> seen{0};
    spawn_detached([](std::atomic<int>& seen) -> task<void> {
      seen.store(number.get());
      co_return;
    }(seen));
    while (seen.load() == 0) {
      co_await yield();
    }
    EXPECT_EQ(seen.load(), 7);
  }());
}

}  // namespace
}  // namespace jackdaw
