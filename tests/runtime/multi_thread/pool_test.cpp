// tests/runtime/multi_thread/pool_test.cpp
//
// Goal: workers start when there is work, share it, sleep for nothing, starve nobody, and end in order.
// Method: counters and drivers that are watched (watched_pool.hpp); tasks that block their thread where
// others must do the work; many short pools and many calls from outside, which hang if a wake-up is
// lost. The races at the very end of a pool are in pool_end_test.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "watched_pool.hpp"
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <mutex>
#include <semaphore>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::driver_watch;
using testing::failure_log;
using testing::occupy_workers;
using testing::pool_kinds;
using testing::pool_of;
using testing::return_at_once;
using testing::run_on;
using testing::runtime_kind;
using testing::scaled;
using testing::settled;

pool_options options_of(unsigned workers) {
  pool_options options;
  options.workers = workers;
  return options;
}
pool_options options_of(unsigned workers, driver_watch& watch) {
  pool_options options = options_of(workers);
  options.make_driver = watch.factory();
  return options;
}

/// What this pool has done so far; nothing of it may change while nothing happens.
std::vector<std::uint64_t> deeds_of(const pool& workers) {
  const scheduler_statistics now = workers.statistics();
  return {now.resumptions, now.spawns,        now.steals,        now.steal_misses, now.parks,
          now.wakes,       now.drivers.polls, now.drivers.waits, now.drivers.wakes};
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

task<void> set(event& gate) {
  gate.set();
  co_return;
}

task<void> count_down(latch& gate) {
  gate.count_down();
  co_return;
}

/// A main that tells outsiders when the pool runs, and ends when they have counted down.
task<void> begin_and_wait(std::latch& begun, latch& gate) {
  begun.count_down();
  co_await gate.wait();
}

/// What one pool does for each number of workers, in a pool of its own.
class pool_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(pool_test, pool_kinds());

// -- Threads ----------------------------------------------------------------------------------------

TEST(pool_threads_test, as_many_workers_as_wanted_as_the_budget_says_or_as_there_may_be) {
  for (const unsigned workers : {1U, 2U, 8U}) {
    EXPECT_EQ(pool(options_of(workers)).worker_count(), workers);
  }
  EXPECT_EQ(pool(options_of(0)).worker_count(), read_cpu_budget().workers);
  EXPECT_EQ(pool(options_of(1'000)).worker_count(), idle_set::worker_count_max);
  EXPECT_EQ(pool(options_of(8)).statistics().workers, 8U);
}

TEST(pool_threads_test, a_task_that_is_alone_starts_no_thread) {
  driver_watch watch;
  pool workers(options_of(8, watch));
  run_on(workers, []() -> task<void> {
    co_await yield_many(1'000);
    for (int round = 0; round < 100; ++round) {
      co_await spawn(yield_many(2));  // It runs next here, while this one waits.
    }
  }());
  EXPECT_EQ(watch.made(), std::vector{0U});
  EXPECT_EQ(workers.statistics().wakes, 0U);
}

TEST(pool_threads_test, threads_start_one_by_one_as_work_is_there_for_them) {
  for (unsigned wanted = 1; wanted <= 8; ++wanted) {
    driver_watch watch;
    pool workers(options_of(8, watch));
    run_on(workers, occupy_workers(wanted));
    const std::vector<unsigned> made = watch.made();
    EXPECT_GE(made.size(), wanted);
    EXPECT_EQ(made.front(), 0U);
    EXPECT_EQ(std::set<unsigned>(made.begin(), made.end()).size(), made.size()) << "started twice";
  }
}

// Signals that this thread does not take.
bool blocks(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

task<void> note_blocked(std::latch& both, std::atomic<bool>& blocked) {
  blocked = blocks(SIGTERM);
  both.arrive_and_wait();
  co_return;
}

TEST(pool_threads_test, signals_of_the_process_are_left_to_the_thread_that_called_run) {
  std::latch both(2);
  std::atomic<bool> blocked_there = false;
  pool workers(options_of(2));
  ASSERT_FALSE(blocks(SIGTERM));
  run_on(workers, [](std::latch& both, std::atomic<bool>& blocked_there) -> task<void> {
    const auto there = spawn(note_blocked(both, blocked_there));
    const auto here = spawn(return_at_once());
    both.arrive_and_wait();
    EXPECT_FALSE(blocks(SIGTERM));
    co_await there;
    co_await here;
  }(both, blocked_there));
  EXPECT_TRUE(blocked_there);
  EXPECT_FALSE(blocks(SIGTERM));
}

TEST(pool_threads_test, its_own_threads_are_known_and_others_are_not) {
  pool workers(options_of(1));
  pool others(options_of(1));
  EXPECT_TRUE(workers.concurrent());
  EXPECT_FALSE(workers.is_this_thread());
  run_on(workers, [](pool& workers, pool& others) -> task<void> {
    EXPECT_TRUE(workers.is_this_thread());
    EXPECT_FALSE(others.is_this_thread());
    bool in_thread = true;
    std::thread([&] { in_thread = workers.is_this_thread(); }).join();
    EXPECT_FALSE(in_thread);
    co_return;
  }(workers, others));
  EXPECT_FALSE(workers.is_this_thread());
}

std::set<std::string> threads_of_this_process() {
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    ids.insert(entry.path().filename());
  }
  return ids;
}

/// Those beside `known` that do not go. The kernel wakes whoever joins a thread a moment before it takes
/// the thread's entry away, so an entry alone proves nothing: one that stays does.
std::set<std::string> threads_that_stay_beside(const std::set<std::string>& known) {
  const auto too_late = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    std::set<std::string> others = threads_of_this_process();
    std::erase_if(others, [&](const std::string& id) { return known.contains(id); });
    if (others.empty() || std::chrono::steady_clock::now() > too_late) {
      return others;
    }
    std::this_thread::yield();
  }
}

task<int> sum_of_parts(int parts) {
  std::vector<task<int>> all;
  for (int part = 0; part < parts; ++part) {
    all.push_back([](int value) -> task<int> {
      co_await yield();
      co_return value;
    }(part));
  }
  int sum = 0;
  for (const int part : co_await gather(std::move(all))) {
    sum += part;
  }
  co_return sum;
}

TEST(pool_threads_test, a_thousand_pools_are_made_used_and_leave_no_thread_behind) {
  std::thread([] {
  }).join();  // ThreadSanitizer starts a thread of its own beside the first of ours.
  const std::set<std::string> before = threads_of_this_process();
  for (int round = 0; round < scaled(1'000); ++round) {
    constexpr unsigned counts[] = {1, 2, 8};
    pool workers(options_of(counts[round % 3]));
    EXPECT_EQ(run_on(workers, sum_of_parts(20)), 190);
    EXPECT_EQ(workers.statistics().tasks_alive, 0U);
    EXPECT_EQ(workers.statistics().spawns, 21U);
  }
  EXPECT_EQ(threads_that_stay_beside(before), std::set<std::string>{});
}

// -- Sleeping ---------------------------------------------------------------------------------------

TEST(pool_idle_test, idle_workers_do_nothing_at_all_until_somebody_calls) {
  driver_watch watch;
  pool workers(options_of(4, watch));
  event gate;
  std::thread outsider([&] {
    watch.wait_until_asleep(4);
    const auto before = deeds_of(workers);
    pool busy(options_of(2));
    run_on(busy, yield_in_parallel(8, 2'000));  // Some time passes, and this one works.
    EXPECT_EQ(deeds_of(workers), before);
    EXPECT_EQ(watch.asleep(), 4U);
    spawn_on(workers, set(gate));
  });
  run_on(workers, [](event& gate) -> task<void> {
    co_await occupy_workers(4);
    co_await gate.wait();
  }(gate));
  outsider.join();
  for (const time_point deadline : watch.deadlines()) {
    EXPECT_EQ(deadline, never) << "without a timer nobody looks at the clock";
  }
}

TEST(pool_idle_test, a_call_from_outside_wakes_one_worker) {
  constexpr unsigned calls = 50;
  driver_watch watch;
  pool workers(options_of(4, watch));
  latch gate(calls + 1);
  std::thread outsider([&] {
    watch.wait_until_asleep(4);
    const auto before = workers.statistics();
    for (unsigned call = 0; call < calls; ++call) {
      spawn_on(workers, count_down(gate));
      watch.wait_until_asleep(4);
    }
    const auto after = workers.statistics();
    EXPECT_EQ(after.resumptions - before.resumptions, calls);
    EXPECT_EQ(after.drivers.wakes - before.drivers.wakes, calls);
    EXPECT_EQ(after.parks - before.parks, calls);
    spawn_on(workers, count_down(gate));
  });
  run_on(workers, [](latch& gate) -> task<void> {
    co_await occupy_workers(4);
    co_await gate.wait();
  }(gate));
  outsider.join();
}

/// Answers, and keeps its worker a little longer each time, so that the next call meets the worker
/// everywhere on its way to sleep.
struct answering : work {
  explicit answering(std::atomic<int>& where) : work(&answering::answer), answered(&where) {}
  static void answer(work& self) {
    const int call = static_cast<answering&>(self).answered->fetch_add(1);
    std::atomic<int> pause = 0;
    while (pause.fetch_add(1) < call % 64) {
    }
  }
  std::atomic<int>* answered;
};

void call_and_wait(pool& workers, int calls) {
  std::atomic<int> answered = 0;
  // By turns: the worker may still be inside of the one before.
  std::array<answering, 2> work = {answering(answered), answering(answered)};
  for (int call = 0; call < calls; ++call) {
    workers.schedule(work[static_cast<std::size_t>(call % 2)]);
    for (int spins = 0; answered <= call; ++spins) {
      if (spins > 2'000) {
        std::this_thread::yield();
      }
    }
  }
}

TEST_P(pool_test,
       of_many_calls_from_outside_that_meet_a_worker_falling_asleep_none_is_lost) {  // B14
  pool workers(options_of(GetParam().workers));
  std::latch begun(1);
  latch gate(1);
  std::thread outsider([&] {
    begun.wait();
    call_and_wait(workers, scaled(20'000));
    spawn_on(workers, count_down(gate));
  });
  run_on(workers, begin_and_wait(begun, gate));
  outsider.join();
}

TEST_P(pool_test, of_a_hundred_thousand_calls_from_several_threads_at_once_none_is_lost) {
  constexpr std::size_t outsiders = 4;
  constexpr int calls = scaled(25'000);
  pool workers(options_of(GetParam().workers));
  std::latch begun(1);
  latch all(outsiders * calls);
  std::vector<std::thread> threads;
  for (std::size_t outsider = 0; outsider < outsiders; ++outsider) {
    threads.emplace_back([&] {
      begun.wait();
      for (int call = 0; call < calls; ++call) {
        spawn_on(workers, count_down(all));
      }
    });
  }
  run_on(workers, begin_and_wait(begun, all));
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(workers.statistics().spawns, 1 + outsiders * calls);
}

// -- Sharing ----------------------------------------------------------------------------------------

TEST_P(pool_test, all_workers_run_tasks_at_the_same_time) {
  const unsigned count = GetParam().workers;
  driver_watch watch;
  pool workers(options_of(count, watch));
  run_on(workers, occupy_workers(count));
  EXPECT_EQ(watch.made().size(), count);
  EXPECT_GE(workers.statistics().steals, count - 1);
  if (count == 1) {
    EXPECT_EQ(workers.statistics().steals, 0U);
    EXPECT_EQ(workers.statistics().steal_misses, 0U) << "nobody to look at";
  }
}

task<void> arrive(std::latch& all, std::set<std::thread::id>& threads, std::mutex& lock) {
  {
    const std::lock_guard guard(lock);
    threads.insert(std::this_thread::get_id());
  }
  all.count_down();
  co_return;
}

task<void> block_until_others_did_it(int tasks, std::set<std::thread::id>& threads,
                                     std::mutex& lock) {
  std::latch all(tasks);
  std::vector<join_handle<void>> handles;
  for (int index = 0; index < tasks; ++index) {
    handles.push_back(spawn(arrive(all, threads, lock)));
  }
  handles.push_back(spawn(return_at_once()));  // In the slot that nobody steals from.
  all.wait();
  {
    const std::lock_guard guard(lock);
    EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
  }
  for (const join_handle<void>& handle : handles) {
    co_await handle;
  }
}

TEST(pool_sharing_test, a_worker_that_blocks_loses_its_whole_queue_to_others) {
  constexpr int tasks = 1'000;  // More than the queue of a worker holds.
  std::mutex lock;
  std::set<std::thread::id> threads;
  pool workers(options_of(4));
  run_on(workers, block_until_others_did_it(tasks, threads, lock));
  EXPECT_GE(threads.size(), 1U);
  // What went to the shared queue was taken from there; of the rest all was stolen, some more than once.
  EXPECT_GE(workers.statistics().steals, 100U);
}

TEST_P(pool_test, every_task_of_many_runs_once_wherever_it_was_spawned) {
  std::atomic<int> ran = 0;
  run([](std::atomic<int>& ran, int branches, int leaves) -> task<void> {
    std::vector<task<void>> all;
    for (int branch = 0; branch < branches; ++branch) {
      all.push_back([](std::atomic<int>& ran, int leaves) -> task<void> {
        std::vector<task<void>> own;
        for (int leaf = 0; leaf < leaves; ++leaf) {
          own.push_back([](std::atomic<int>& ran) -> task<void> {
            co_await yield();
            ran.fetch_add(1, std::memory_order_relaxed);
          }(ran));
        }
        co_await gather(std::move(own));
      }(ran, leaves));
    }
    co_await gather(std::move(all));
  }(ran, 20, scaled(1'000)));
  EXPECT_EQ(ran, 20 * scaled(1'000));
}

// -- Fairness ---------------------------------------------------------------------------------------

/// Two tasks that wake each other, for ever: each is what the other made runnable last.
struct table_tennis {
  std::atomic<bool> over = false;
  semaphore left{1};
  semaphore right{0};
};

task<void> play(table_tennis& game, semaphore& own, semaphore& others) {
  while (!game.over.load(std::memory_order_relaxed)) {
    co_await own.acquire();
    others.release();
  }
  others.release();  // The partner may wait for the last time.
}

task<void> yield_counting(int turns, std::atomic<std::uint64_t>& longest) {
  const scheduler& here = this_task::scheduler();
  for (int turn = 0; turn < turns; ++turn) {
    const std::uint64_t before = here.statistics().resumptions;
    co_await yield();
    const std::uint64_t others = here.statistics().resumptions - before - 1;
    longest = std::max(longest.load(), others);
  }
}

task<void> play_before_others(int others, int turns, std::atomic<std::uint64_t>& longest) {
  table_tennis game;
  const auto one = spawn(play(game, game.left, game.right));
  const auto two = spawn(play(game, game.right, game.left));
  std::vector<task<void>> victims;
  for (int victim = 0; victim < others; ++victim) {
    victims.push_back(yield_counting(turns, longest));
  }
  co_await gather(std::move(victims));
  game.over = true;
  co_await one;
  co_await two;
}

TEST_P(pool_test, two_tasks_that_wake_each_other_for_ever_starve_nobody) {  // B55
  std::atomic<std::uint64_t> longest = 0;
  run(play_before_others(20, 100, longest));
}

TEST(pool_fairness_test, who_waits_behind_a_pair_runs_after_a_few_of_its_steps) {  // B55
  std::atomic<std::uint64_t> longest = 0;
  pool workers(options_of(1));
  run_on(workers, play_before_others(1, 1'000, longest));
  EXPECT_GE(longest, 1U) << "the pair did not play meanwhile";
  // One that was in the queue before it, and what it wakes next; at the start both are in the queue.
  EXPECT_LE(longest, worker::next_in_a_row_max + 2);
}

/// A busy pool of one whose driver is watched.
std::vector<int> steps_between_parks(task<void> (*body)(driver_watch&)) {
  driver_watch watch;
  virtual_clock still;  // No time passes, so the budget of a round stays what it is.
  pool_options options = options_of(1, watch);
  options.time_source = &still;
  pool workers(std::move(options));
  run_on(workers, body(watch));
  return watch.steps_between_parks();
}

void expect_regular_polls(const std::vector<int>& steps, std::size_t polls) {
  EXPECT_GE(steps.size(), polls);
  EXPECT_LE(*std::max_element(steps.begin(), steps.end()),
            static_cast<int>(worker::polls_every_max));
  // Nor more often than that: a poll is a system call.
  EXPECT_LE(steps.size(), polls + 3);
}

// What completes while its owner computes waits for the owner (P27).
TEST(pool_fairness_test, a_task_that_yields_for_ever_does_not_keep_the_driver_waiting) {  // B56
  const auto steps = steps_between_parks([](driver_watch& watch) -> task<void> {
    for (unsigned step = 0; step < 100 * worker::polls_every_max; ++step) {
      watch.count_step();
      co_await yield();
    }
  });
  expect_regular_polls(steps, 100);
}

task<void> play_counting(driver_watch& watch, semaphore& own, semaphore& others, unsigned rounds) {
  for (unsigned round = 0; round < rounds; ++round) {
    co_await own.acquire();
    watch.count_step();
    others.release();
  }
}

TEST(pool_fairness_test, nor_do_two_tasks_that_wake_each_other) {  // B55, B56
  const auto steps = steps_between_parks([](driver_watch& watch) -> task<void> {
    semaphore left(1);
    semaphore right(0);
    const unsigned rounds = 50 * worker::polls_every_max;
    auto one = play_counting(watch, left, right, rounds);
    auto two = play_counting(watch, right, left, rounds);
    co_await gather(std::move(one), std::move(two));
  });
  expect_regular_polls(steps, 100);
}

TEST(pool_fairness_test, nor_does_a_chain_of_tasks_that_start_each_other) {  // B56
  const auto steps = steps_between_parks([](driver_watch& watch) -> task<void> {
    for (unsigned step = 0; step < 50 * worker::polls_every_max; ++step) {
      // Two resumptions: the child's, and the waiter's.
      co_await spawn([](driver_watch& watch) -> task<void> {
        watch.count_step();
        co_return;
      }(watch));
      watch.count_step();
    }
  });
  expect_regular_polls(steps, 100);
}

TEST(pool_fairness_test, outsiders_are_heard_while_a_task_yields_for_ever) {  // B56
  pool workers(options_of(1));
  std::atomic<bool> heard = false;
  std::thread outsider;
  run_on(workers, [](pool& workers, std::atomic<bool>& heard, std::thread& outsider) -> task<void> {
    outsider = std::thread([&] {
      spawn_on(workers, [](std::atomic<bool>& heard) -> task<void> {
        heard = true;
        co_return;
      }(heard));
    });
    while (!heard) {
      co_await yield();
    }
  }(workers, heard, outsider));
  outsider.join();
}

// -- From outside -----------------------------------------------------------------------------------

task<int> add(int left, int right) {
  co_await yield();
  co_return left + right;
}

TEST_P(pool_test, an_outsider_may_spawn_and_look_at_the_result) {
  pool workers(options_of(GetParam().workers));
  std::latch begun(1);
  latch gate(1);
  std::thread outsider([&] {
    begun.wait();
    auto sum = spawn_on(workers, add(1, 2), "sum");
    EXPECT_EQ(sum.name(), "sum");
    while (!sum.done()) {
      std::this_thread::yield();
    }
    EXPECT_EQ(sum.result(), 3);
    spawn_on(workers, count_down(gate));
  });
  run_on(workers, begin_and_wait(begun, gate));
  outsider.join();
}

TEST_P(pool_test, other_threads_may_spawn_before_the_run_begins) {
  pool workers(options_of(GetParam().workers));
  latch all(100);
  for (int call = 0; call < 50; ++call) {
    spawn_on(workers, count_down(all));
  }
  std::thread outsider([&] {
    for (int call = 0; call < 50; ++call) {
      spawn_on(workers, count_down(all));
    }
  });
  run_on(workers, [](latch& all) -> task<void> { co_await all.wait(); }(all));
  outsider.join();
}

TEST_P(pool_test, a_pool_that_has_ended_refuses_new_tasks) {  // B21
  pool workers(options_of(GetParam().workers));
  run_on(workers, return_at_once());
  EXPECT_THROW(spawn_on(workers, add(1, 2)), std::runtime_error);
  EXPECT_EQ(workers.statistics().tasks_alive, 0U);
}

// -- The end ----------------------------------------------------------------------------------------

std::vector<runtime_kind> kinds_that_end() {
  std::vector<runtime_kind> kinds = {pool_of(1), pool_of(2), pool_of(8)};
  kinds[0].name = "pool_1_virtual";
  kinds[1].name = "pool_2_virtual";
  kinds[2].name = "pool_8_virtual";
  return kinds;
}

/// Pools on virtual time, in which main returns while others still wait.
class pool_shutdown_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(pool_shutdown_test, kinds_that_end());

struct things_left {
  event never_set;
  mutex lock;
  std::atomic<int> cancelled = 0;
  std::atomic<int> cleaned = 0;
};

task<void> wait_and_clean_up(things_left& shared) {
  try {
    co_await shared.never_set.wait();
  } catch (const cancelled_error&) {
    shared.cancelled.fetch_add(1);
  }
  co_await yield();
  co_await sleep(1h);
  co_await shared.lock.lock();
  co_await yield();
  shared.lock.unlock();
  const int answer = co_await to_thread([] { return 42; });
  EXPECT_EQ(answer, 42);
  shared.cleaned.fetch_add(1);
}

TEST_P(pool_shutdown_test, tasks_that_are_left_are_cancelled_once_and_clean_up_in_peace) {  // B21
  things_left shared;
  run([](things_left& shared) -> task<void> {
    for (int index = 0; index < 30; ++index) {
      spawn(wait_and_clean_up(shared));
    }
    co_await settled();
    EXPECT_EQ(shared.cancelled, 0);
  }(shared));
  EXPECT_EQ(shared.cancelled, 30);
  EXPECT_EQ(shared.cleaned, 30);
}

task<void> spawn_while_closing(event& never_set, bool& started, bool& refused) {
  try {
    co_await never_set.wait();
  } catch (const cancelled_error&) {
  }
  const auto late = spawn([](bool& started) -> task<void> {
    started = true;
    co_await yield();
  }(started));
  try {
    co_await late;
  } catch (const cancelled_error&) {
    refused = late.cancelled();
  }
}

TEST_P(pool_shutdown_test, a_task_that_is_spawned_while_the_pool_ends_is_born_cancelled) {  // B21
  event never_set;
  bool started = false;
  bool refused = false;
  run([](event& never_set, bool& started, bool& refused) -> task<void> {
    spawn(spawn_while_closing(never_set, started, refused));
    co_await settled();
  }(never_set, started, refused));
  EXPECT_FALSE(started);
  EXPECT_TRUE(refused);
}

/// A call that begins before the end of the pool and ends after its waiter has left.
struct slow_call {
  std::binary_semaphore started{0};
  std::binary_semaphore proceed{0};
  std::atomic<bool> finished = false;
};

task<void> wait_for_slow_call(slow_call& call) {
  try {
    co_await to_thread([&call] {
      call.started.release();
      call.proceed.acquire();
      call.finished = true;
    });
  } catch (const cancelled_error&) {
  }
  call.proceed.release();
}

TEST_P(pool_shutdown_test, a_blocking_call_that_runs_is_waited_for) {  // B21
  slow_call call;
  run([](slow_call& call) -> task<void> {
    spawn(wait_for_slow_call(call));
    co_await yield();
    co_await to_thread([&call] { call.started.acquire(); });
  }(call));
  EXPECT_TRUE(call.finished);
}

TEST_P(pool_test, what_main_throws_comes_out_after_the_others_have_been_cancelled) {
  things_left shared;
  pool workers(options_of(GetParam().workers));
  const auto body = [](things_left& shared) -> task<int> {
    spawn([](things_left& shared) -> task<void> {
      try {
        co_await shared.never_set.wait();
      } catch (const cancelled_error&) {
        shared.cancelled.fetch_add(1);
      }
    }(shared));
    co_await settled();
    throw std::runtime_error("out of main");
  };
  EXPECT_THROW(run_on(workers, body(shared)), std::runtime_error);
  EXPECT_EQ(shared.cancelled, 1);
}

TEST_P(pool_test, an_exception_that_nobody_fetched_is_reported_once) {
  expect_failures();
  run([]() -> task<void> {
    spawn(
        []() -> task<void> {
          co_await yield();
          throw std::runtime_error("unseen");
        }(),
        "child");
    co_await settled();
  }());
  EXPECT_EQ(failures().text(),
            "Task exception was never retrieved|child|std::runtime_error: unseen\n");
}

TEST_P(pool_test, main_may_be_cancelled_from_another_thread) {
  pool workers(options_of(GetParam().workers));
  auto* const state =
      new task_state<void>(workers, []() -> task<void> { co_await sleep(1'000h); }(), "main");
  const join_handle<void> handle(*state);
  std::thread outsider([handle] { handle.cancel("enough"); });
  workers.run(*state);
  outsider.join();
  EXPECT_TRUE(handle.cancelled());
}

}  // namespace
}  // namespace jackdaw
