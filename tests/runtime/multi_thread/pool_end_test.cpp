// tests/runtime/multi_thread/pool_end_test.cpp
//
// Goal: a pool ends in order, whoever is still on its way: outsiders, workers that could not start,
// workers that wake each other. Method: many short pools; drivers that fail, or that are slow to wake.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/runtime/thread_parker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::failure_log;
using testing::scaled;

void run(pool_options options, task<void> body) {
  pool workers(std::move(options));
  auto* const state = new task_state<void>(workers, std::move(body), "main");
  const join_handle<void> handle(*state);
  workers.run(*state);
}

task<void> yield_many(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

task<void> yield_in_parallel(int tasks, int turns) {
  std::vector<task<void>> all;
  for (int index = 0; index < tasks; ++index) {
    all.push_back(yield_many(turns));
  }
  co_await gather(std::move(all));
}

task<void> wait_for_ever() { co_await sleep(1000h); }

TEST(pool_end_test,
     an_outside_thread_may_still_be_inside_the_call_that_ended_the_pool) {  // B21, B26
  for (int round = 0; round < scaled(2'000); ++round) {
    std::thread outsider;
    {
      pool_options options;
      options.workers = 1 + static_cast<unsigned>(round % 3);
      pool workers(std::move(options));
      auto* const state = new task_state<void>(workers, wait_for_ever(), "main");
      const join_handle<void> handle(*state);
      outsider = std::thread([handle] { handle.cancel(); });
      workers.run(*state);
    }
    outsider.join();
  }
}

TEST(pool_end_test, a_worker_whose_driver_cannot_be_made_is_reported_and_done_without) {
  failure_log failures;
  pool_options options;
  options.workers = 3;
  options.on_failure = failures.handler();
  options.make_driver = [](unsigned worker) -> std::unique_ptr<driver> {
    if (worker == 1) {
      throw std::runtime_error("no more rings");
    }
    return std::make_unique<thread_parker>();
  };
  run(std::move(options), yield_in_parallel(16, 200));
  ASSERT_EQ(failures.all().size(), 1U);
  EXPECT_NE(failures.text().find("no more rings"), std::string::npos);
}

TEST(pool_end_test, the_last_tasks_may_end_on_several_workers_at_once) {
  for (int round = 0; round < scaled(3'000); ++round) {
    pool_options options;
    options.workers = 4;
    // Not awaited: all of them end while the pool closes, each in the shard of the worker it came from.
    run(std::move(options), []() -> task<void> {
      for (int index = 0; index < 8; ++index) {
        static_cast<void>(spawn(yield_in_parallel(2, 3)));
      }
      co_await yield_many(4);
    }());
  }
}

task<void> count(std::atomic<int>& started) {
  ++started;
  co_return;
}

TEST(pool_end_test, spawning_from_outside_either_happens_whole_or_is_refused) {  // B21
  for (int round = 0; round < scaled(500); ++round) {
    std::atomic<int> ended{0};
    std::atomic<bool> refused{false};
    pool_options options;
    options.workers = 1 + static_cast<unsigned>(round % 3);
    pool workers(std::move(options));
    auto* const state = new task_state<void>(workers, yield_many(round % 50), "main");
    const join_handle<void> main(*state);
    std::vector<join_handle<void>> spawned;
    std::thread outsider([&] {
      while (!refused.load()) {
        try {
          spawned.push_back(spawn_on(workers, count(ended)));
        } catch (const std::runtime_error& error) {
          EXPECT_STREQ(error.what(), "This pool has ended: nothing can be started on it");
          refused = true;
        }
      }
    });
    workers.run(*state);
    outsider.join();
    EXPECT_TRUE(std::all_of(spawned.begin(), spawned.end(),
                            [](const join_handle<void>& task) { return task.done(); }));
  }
}

}  // namespace
}  // namespace jackdaw
