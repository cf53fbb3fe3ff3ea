// tests/model/idle_set_test.cpp
//
// Goal: "No lost wake-up" (idle_set.hpp): work never waits while all workers sleep. Method: all executions of
// a pool of one or two workers, over the queues, the idle set and the permits of the real one, with work that
// comes from outside and from a worker; in the end everything must have been run. And each theorem alone.
#include "exploration.hpp"
#include "item.hpp"
#include "memory.hpp"
#include "plain.hpp"
#include "small_pool.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace jackdaw::model {
namespace {

template <std::size_t Count>
void expect_all_run(const std::array<item, Count>& items) {
  for (const item& each : items) {
    check(each.was_taken(), "work waits while all workers sleep");
  }
}

template <class Memory, omitted Left = omitted::nothing>
void one_worker_and_an_outsider(execution& run) {
  small_pool<1, Memory, Left> pool;
  std::array<item, 2> items;
  run.thread("worker", [&] { pool.run_worker(0); });
  run.thread("outsider", [&] {
    pool.schedule(items[0]);
    pool.schedule(items[1]);
  });
  run.join();
  expect_all_run(items);
}

template <class Memory, omitted Left = omitted::nothing>
void one_worker_and_two_outsiders(execution& run) {
  small_pool<1, Memory, Left> pool;
  std::array<item, 2> items;
  run.thread("worker", [&] { pool.run_worker(0); });
  run.thread("outsider 1", [&] { pool.schedule(items[0]); });
  run.thread("outsider 2", [&] { pool.schedule(items[1]); });
  run.join();
  expect_all_run(items);
}

template <class Memory, omitted Left = omitted::nothing>
void two_workers_and_an_outsider(execution& run) {
  small_pool<2, Memory, Left> pool;
  std::array<item, 1> items;
  run.thread("worker 0", [&] { pool.run_worker(0); });
  run.thread("worker 1", [&] { pool.run_worker(1); });
  run.thread("outsider", [&] { pool.schedule(items[0]); });
  run.join();
  expect_all_run(items);
}

// The first item ends only when the second has been run: so both workers are needed.
template <class Memory, omitted Left = omitted::nothing>
void two_workers_and_two_items_that_meet(execution& run) {
  small_pool<2, Memory, Left> pool;
  std::array<item, 2> items;
  doorbell met;
  items[0].waits_for = &met;
  items[1].rings = &met;
  run.thread("worker 0", [&] { pool.run_worker(0); });
  run.thread("worker 1", [&] { pool.run_worker(1); });
  run.thread("outsider", [&] {
    pool.schedule(items[0]);
    pool.schedule(items[1]);
  });
  run.join();
  expect_all_run(items);
}

template <class Memory, omitted Left = omitted::nothing>
void two_workers_and_work_of_their_own(execution& run) {
  small_pool<2, Memory, Left> pool;
  std::array<item, 2> items;
  run.thread("worker 0", [&] {
    pool.push_own(items[0], items[1]);
    pool.run_worker(0);
  });
  run.thread("worker 1", [&] { pool.run_worker(1); });
  run.join();
  expect_all_run(items);
}

// sleepers() is for statistics and tests, which look at what a sleeper has done.
template <class Memory>
void found_asleep(execution& run) {
  basic_idle_set<Memory> idle(1);
  plain<int> done(0);
  run.thread("worker", [&] {
    done.set(1);
    idle.announce(0);
  });
  run.thread("observer", [&] {
    if (idle.sleepers() == 1) {
      check(done.get() == 1, "what a sleeper did before is there");
    }
  });
  run.join();
}

TEST(idle_set_model, who_finds_a_worker_asleep_sees_what_it_did) {
  EXPECT_TRUE(always_holds(found_asleep<memory>));
}

TEST(idle_set_model, a_worker_runs_all_that_comes_from_outside) {
  EXPECT_TRUE(always_holds(one_worker_and_an_outsider<memory>));
  EXPECT_TRUE(always_holds(one_worker_and_two_outsiders<memory>, {.preemptions = 2}));
}

TEST(idle_set_model, of_two_workers_one_runs_what_comes_from_outside) {
  EXPECT_TRUE(always_holds(two_workers_and_an_outsider<memory>));
}

TEST(idle_set_model, a_worker_that_is_busy_for_long_leaves_the_next_item_to_another) {
  EXPECT_TRUE(always_holds(two_workers_and_two_items_that_meet<memory>, {.preemptions = 1}));
}

TEST(idle_set_model, two_workers_run_what_one_of_them_pushed) {
  EXPECT_TRUE(always_holds(two_workers_and_work_of_their_own<memory>));
}

// -- Canaries ----------------------------------------------------------------------------------------

constexpr const char* lost = "work waits while all workers sleep";

TEST(idle_set_model, canary_without_seq_cst_a_wake_up_is_lost) {
  EXPECT_TRUE(fails(one_worker_and_an_outsider<unordered_memory>, lost));
}

TEST(idle_set_model, canary_without_the_second_look_a_wake_up_is_lost) {
  EXPECT_TRUE(fails(one_worker_and_an_outsider<memory, omitted::second_look>, lost));
}

TEST(idle_set_model, canary_looking_before_the_announcement_loses_a_wake_up) {
  EXPECT_TRUE(fails(one_worker_and_an_outsider<memory, omitted::announcement_before_look>, lost));
}

TEST(idle_set_model, canary_a_last_searcher_that_wakes_nobody_leaves_work_waiting) {
  EXPECT_TRUE(fails(two_workers_and_two_items_that_meet<memory, omitted::wake_by_last_searcher>,
                    lost, {.preemptions = 2}));
}

}  // namespace
}  // namespace jackdaw::model
