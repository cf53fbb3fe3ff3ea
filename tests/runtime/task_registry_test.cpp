// tests/runtime/task_registry_test.cpp
//
// Goal: every task that is alive is in the registry, once, in the order of creation. Method: tasks of a
// scheduler driven by hand; threads that create and end them while another one counts.
#include "../support/leak_check.hpp"
#include "../support/stress.hpp"
#include "manual_scheduler.hpp"
#include <jackdaw/runtime/detached.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task_registry.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::manual_scheduler;

task<void> nothing_to_do() { co_return; }

std::vector<std::string> names(const task_registry& registry) {
  std::vector<std::string> result;
  for (const task_reference& task : registry.snapshot()) {
    result.push_back(task->name());
  }
  return result;
}

TEST(task_registry_test, a_new_registry_knows_nobody) {
  const task_registry registry(4);
  EXPECT_EQ(registry.alive(), 0U);
  EXPECT_EQ(registry.spawned(), 0U);
  EXPECT_TRUE(registry.snapshot().empty());
}

TEST(task_registry_test, tasks_are_in_it_from_their_start_to_their_end) {
  manual_scheduler scheduler;
  spawn_on(scheduler, nothing_to_do(), "first");
  spawn_on(scheduler, nothing_to_do(), "second");
  EXPECT_EQ(names(scheduler.tasks()), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(scheduler.tasks().alive(), 2U);
  scheduler.run_one();
  EXPECT_EQ(names(scheduler.tasks()), (std::vector<std::string>{"second"}));
  EXPECT_EQ(scheduler.tasks().alive(), 1U);
  scheduler.run_all();
  EXPECT_EQ(scheduler.tasks().alive(), 0U);
  EXPECT_EQ(scheduler.tasks().spawned(), 2U);
}

TEST(task_registry_test, a_snapshot_keeps_the_records_of_tasks_that_end_meanwhile) {
  manual_scheduler scheduler;
  spawn_on(scheduler, nothing_to_do(), "short");
  const std::vector<task_reference> tasks = scheduler.tasks().snapshot();
  scheduler.run_all();
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_TRUE(tasks[0]->done());
  EXPECT_EQ(tasks[0]->name(), "short");
}

TEST(task_registry_test, a_snapshot_goes_shard_by_shard_and_a_task_may_end_on_any_thread) {
  manual_scheduler scheduler({}, 3);
  for (const unsigned shard : {2U, 0U, 1U, 2U}) {
    std::thread([&scheduler, shard] {
      task_registry::use_shard(shard);
      spawn_on(scheduler, nothing_to_do(), "shard " + std::to_string(shard));
    }).join();
  }
  EXPECT_EQ(names(scheduler.tasks()),
            (std::vector<std::string>{"shard 0", "shard 1", "shard 2", "shard 2"}));
  scheduler.run_all();
  EXPECT_EQ(scheduler.tasks().alive(), 0U);
}

TEST(task_registry_test, a_thread_whose_shard_this_registry_has_not_uses_the_last) {
  manual_scheduler scheduler({}, 2);
  std::thread([&scheduler] {
    task_registry::use_shard(40);
    spawn_on(scheduler, nothing_to_do(), "from a larger pool");
  }).join();
  EXPECT_EQ(scheduler.tasks().alive(), 1U);
  EXPECT_EQ(scheduler.tasks().spawned_in(1), 1U);
  scheduler.run_all();
}

TEST(task_registry_test, what_is_expected_is_counted_and_listed_once_it_begins) {
  manual_scheduler scheduler;
  spawn_detached_on(scheduler, nothing_to_do());
  EXPECT_EQ(scheduler.tasks().spawned(), 1U);
  EXPECT_EQ(scheduler.tasks().alive(), 1U);
  scheduler.run_all();
  EXPECT_EQ(scheduler.tasks().spawned(), 1U);
  EXPECT_EQ(scheduler.tasks().alive(), 0U);
}

TEST(task_registry_test, counts_and_snapshots_are_sane_while_threads_spawn_and_end_tasks) {
  constexpr unsigned threads_count = 3;
  constexpr int each = testing::scaled(20'000);
  manual_scheduler scheduler({}, threads_count);
  std::atomic<unsigned> running{threads_count};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < threads_count; ++thread) {
    threads.emplace_back([&, thread] {
      task_registry::use_shard(thread);
      for (int step = 0; step < each; ++step) {
        spawn_on(scheduler, nothing_to_do(), "one of many");
        scheduler.run_one();
      }
      running.fetch_sub(1);
    });
  }
  std::uint64_t spawned = 0;
  while (running.load() > 0) {
    // At most one task per thread lives at a time, and one more may be counted too much.
    ASSERT_LE(scheduler.tasks().alive(), std::uint64_t{threads_count} * each);
    ASSERT_GE(scheduler.tasks().spawned(), spawned);
    spawned = scheduler.tasks().spawned();
    std::set<const task_record*> seen;
    for (const task_reference& task : scheduler.tasks().snapshot()) {
      EXPECT_TRUE(seen.insert(task.get()).second) << "twice in one snapshot";
      EXPECT_EQ(task->name(), "one of many");
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  scheduler.run_all();
  EXPECT_EQ(scheduler.tasks().alive(), 0U);
  EXPECT_EQ(scheduler.tasks().spawned(), std::uint64_t{threads_count} * each);
}

}  // namespace
}  // namespace jackdaw
