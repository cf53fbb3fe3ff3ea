// tests/runtime/multi_thread/worker_test.cpp
//
// Goal: what one worker does: in which order it takes work, when it looks outside, what it lets others
// take, what it counts, and what wakes it when it sleeps. Method: pools of one, where the order is
// certain, over watched drivers (watched_pool.hpp); a clock that the tasks themselves move; pools of two
// in which one worker is blocked by its task.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/trace.hpp"
#include "watched_pool.hpp"
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/fork_join.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/multi_thread/worker.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <latch>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::driver_watch;
using testing::failure_log;
using testing::return_at_once;
using testing::run_on;
using testing::scaled;
using testing::trace;

pool_options options_of(unsigned workers, driver_watch& watch) {
  pool_options options;
  options.workers = workers;
  options.make_driver = watch.factory();
  return options;
}

class worker_test : public ::testing::Test {
 protected:
  trace log;
  driver_watch watch;
  pool one{options_of(1, watch)};
};

task<void> write(trace& log, std::string word) {
  log.add(word);
  co_return;
}

// -- The order of work ------------------------------------------------------------------------------

TEST_F(worker_test, what_was_made_runnable_last_runs_next_and_the_rest_in_order) {
  run_on(one, [](trace& log) -> task<void> {
    for (const char* const word : {"a", "b", "c", "d"}) {
      spawn(write(log, word));
    }
    co_await yield();
    log.add("main");
  }(log));
  EXPECT_EQ(log, "d a b c main");
}

// Suspends behind what is runnable, and tells whether its thread went on with another task at once.
class suspend_and_look {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    task_record& self = current_task();
    self.suspend_at(awaiting);
    self.home().schedule_last(self);
    const std::coroutine_handle<> next = task_record::hand_over();
    handed_over_ = next != std::noop_coroutine();
    return next;
  }
  bool await_resume() const noexcept { return handed_over_; }

 private:
  bool handed_over_ = false;
};

task<void> wait_at(event& gate) { co_await gate.wait(); }

TEST_F(worker_test, a_task_that_suspends_hands_its_thread_to_the_one_that_it_has_woken) {
  run_on(one, []() -> task<void> {
    event gate;
    const auto waiter = spawn(wait_at(gate));
    co_await yield();
    gate.set();
    const bool handed_over = co_await suspend_and_look();
    EXPECT_TRUE(handed_over);
    EXPECT_TRUE(waiter.done());
  }());
}

TEST_F(worker_test, a_task_that_has_not_begun_is_left_to_the_loop) {
  run_on(one, []() -> task<void> {
    event gate;
    gate.set();
    const auto unbegun = spawn(wait_at(gate));
    const bool handed_over = co_await suspend_and_look();
    EXPECT_FALSE(handed_over);
    EXPECT_TRUE(unbegun.done());
  }());
}

TEST_F(worker_test, a_child_that_runs_inside_of_its_parents_await_hands_nothing_over) {
  run_on(one, []() -> task<void> {
    event gate;
    const auto waiter = spawn(wait_at(gate));
    co_await yield();
    const bool handed_over = co_await spawn([](event& gate) -> task<bool> {
      gate.set();
      co_return co_await suspend_and_look();
    }(gate));
    EXPECT_FALSE(handed_over);
    co_await waiter;
  }());
}

TEST_F(worker_test, forks_of_a_task_that_waits_are_queued_before_another_task_goes_on) {
  int yields = 0;
  int yields_before_second = -1;
  run_on(one, [](int& yields, int& yields_before_second) -> task<void> {
    event gate;
    event ready;
    const auto other = spawn([](event& gate, event& ready, int& yields) -> task<void> {
      co_await ready.wait();
      for (; yields < 10; ++yields) {
        co_await yield();
      }
      gate.set();
    }(gate, ready, yields));
    co_await yield();
    ready.set();
    const auto note = [](const int& yields, int& seen) -> task<void> {
      seen = yields;
      co_return;
    };
    co_await fork_join(wait_at(gate), note(yields, yields_before_second));
    co_await other;
  }(yields, yields_before_second));
  EXPECT_EQ(yields, 10);
  EXPECT_LE(yields_before_second, 1);
}

TEST_F(worker_test, a_task_that_ends_after_others_handed_over_is_the_one_that_is_done) {
  run_on(one, [](trace& log) -> task<void> {
    event first;
    event second;
    const auto pass_on = [](trace& log, std::string word, event& from, event* to) -> task<void> {
      co_await from.wait();
      log.add(word);
      if (to != nullptr) {
        to->set();
        co_await yield();
      }
      log.add(word + " ends");
    };
    const auto a = spawn(pass_on(log, "a", first, &second));
    const auto b = spawn(pass_on(log, "b", second, nullptr));
    co_await yield();
    first.set();
    co_await b;
    EXPECT_FALSE(a.done());
    co_await a;
  }(log));
  EXPECT_EQ(log, "a b b ends a ends");
}

TEST_F(worker_test, who_yields_goes_behind_what_is_runnable) {
  run_on(one, [](trace& log) -> task<void> {
    const auto rounds = [](trace& log, std::string word) -> task<void> {
      for (int round = 0; round < 3; ++round) {
        log.add(word, round);
        co_await yield();
      }
    };
    co_await gather(rounds(log, "a"), rounds(log, "b"), rounds(log, "c"));
  }(log));
  EXPECT_EQ(log, "c0 a0 b0 c1 a1 b1 c2 a2 b2");
}

task<void> chain(trace& log, int links) {
  log.add("link");
  if (links > 1) {
    spawn(chain(log, links - 1));
  }
  co_return;
}

TEST_F(worker_test, a_chain_in_the_next_slot_lets_the_queue_go_first_after_a_few_links) {  // B55
  run_on(one, [](trace& log) -> task<void> {
    spawn(write(log, "first"));
    spawn(write(log, "second"));
    spawn(chain(log, 12));
    while (log.text().find("second") == std::string::npos) {
      co_await yield();
    }
  }(log));
  const std::string text = log.text();
  const std::string before_first = text.substr(0, text.find("first"));
  const std::string between =
      text.substr(text.find("first"), text.find("second") - before_first.size());
  const auto links = [](const std::string& part) {
    unsigned count = 0;
    for (std::size_t at = part.find("link"); at != std::string::npos;
         at = part.find("link", at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_GE(links(before_first), 1U);
  EXPECT_LE(links(before_first), worker::next_in_a_row_max);
  EXPECT_EQ(links(between), 0U) << "what has been passed over once goes to the end of the queue";
}

TEST_F(worker_test, what_does_not_fit_into_the_queue_runs_nevertheless_and_once) {
  constexpr int tasks = scaled(10'000);
  std::vector<int> ran(tasks, 0);
  run_on(one, [](std::vector<int>& ran) -> task<void> {
    std::vector<task<void>> all;
    for (int& own : ran) {
      all.push_back([](int& own) -> task<void> {
        ++own;
        co_return;
      }(own));
    }
    co_await gather(std::move(all));
  }(ran));
  EXPECT_EQ(std::count(ran.begin(), ran.end(), 1), tasks);
}

// -- What others may take ---------------------------------------------------------------------------

// Takes from the worker until there is no more; how much at a time, in `batches`.
std::vector<work*> steal_all(worker& victim, std::vector<std::size_t>& batches) {
  std::vector<work*> loot;
  std::array<work*, 64> into{};
  while (victim.has_stealable_work()) {
    const std::size_t count = victim.steal_from(into);
    batches.push_back(count);
    loot.insert(loot.end(), into.begin(), into.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return loot;
}

task<void> be_robbed(pool& one, trace& log, std::vector<std::size_t>& batches) {
  for (int index = 0; index < 10; ++index) {
    spawn(write(log, std::to_string(index)));
  }
  std::vector<work*> loot;
  std::thread([&] { loot = steal_all(one.worker_at(0), batches); }).join();
  EXPECT_EQ(loot.size(), 9U) << "all but the one that runs next";
  for (work* const item : loot) {
    one.schedule(*item);
  }
  co_await yield();
  EXPECT_EQ(log.text().substr(0, 1), "8")
      << "the one of the next slot is the last that was given back";
  while (log.text().size() < 19) {
    co_await yield();
  }
}

TEST_F(worker_test, thieves_take_the_older_half_and_never_what_runs_next) {
  std::vector<std::size_t> batches;
  run_on(one, be_robbed(one, log, batches));
  EXPECT_EQ(batches, (std::vector<std::size_t>{5, 2, 1, 1}));
  EXPECT_EQ(log.sorted(), "0 1 2 3 4 5 6 7 8 9");
}

task<void> arrive(std::latch& all) {
  all.count_down();
  co_return;
}

// Blocks its worker until another one has run all of them.
task<void> block_behind(int tasks) {
  std::latch all(tasks);
  std::vector<join_handle<void>> handles;
  for (int index = 0; index < tasks; ++index) {
    handles.push_back(spawn(arrive(all)));
  }
  handles.push_back(spawn(return_at_once()));  // In the slot that nobody steals from.
  all.wait();
  for (const join_handle<void>& handle : handles) {
    co_await handle;
  }
}

TEST_F(worker_test, each_worker_counts_what_it_did_itself) {
  driver_watch watch_of_two;
  pool two(options_of(2, watch_of_two));
  run_on(two, block_behind(100));
  const worker_statistics main = two.worker_at(0).statistics();
  const worker_statistics thief = two.worker_at(1).statistics();
  EXPECT_GE(thief.steals, 100U);
  EXPECT_GE(thief.resumptions, 100U);
  EXPECT_EQ(main.steals, 0U);
  EXPECT_GE(main.wakes, 1U) << "it claimed the other when it had more than it could run";
  // Every step once: of main and of the 101 others, and main's when it was woken.
  const scheduler_statistics both = two.statistics();
  EXPECT_EQ(both.resumptions, main.resumptions + thief.resumptions);
  EXPECT_EQ(both.spawns, 102U);
  EXPECT_EQ(both.steals, main.steals + thief.steals);
  EXPECT_EQ(both.parks, main.parks + thief.parks);
  EXPECT_EQ(both.steal_hits, thief.steal_hits);
  EXPECT_GE(thief.steal_hits, 1U);
  EXPECT_LE(thief.steal_hits, thief.steals);
  EXPECT_GE(both.batches, 1U) << "half of a queue is queued at once";
  const std::vector<worker_statistics> each = two.statistics_by_worker();
  ASSERT_EQ(each.size(), 2U);
  EXPECT_EQ(each[0].resumptions, main.resumptions);
  EXPECT_EQ(each[1].steals, thief.steals);
  EXPECT_EQ(each[0].spawns, 102U) << "all by main";
  EXPECT_EQ(each[1].spawns, 0U);
  EXPECT_EQ(both.drivers.waits, watch_of_two.deadlines().size());
}

TEST_F(worker_test, announcements_that_wake_nobody_are_counted) {
  run_on(one, []() -> task<void> {
    const auto first = spawn(return_at_once());
    const auto second = spawn(return_at_once());  // Moves the first into the queue.
    co_await first;
    co_await second;
  }());
  const worker_statistics counted = one.worker_at(0).statistics();
  EXPECT_EQ(counted.wakes, 0U);
  EXPECT_GE(counted.wakes_suppressed, 1U);
}

TEST_F(worker_test, frames_that_the_free_lists_do_not_have_are_counted) {
  run_on(one, []() -> task<void> {
    std::vector<join_handle<void>> many;
    for (int count = 0; count < 10'000; ++count) {
      many.push_back(spawn(return_at_once()));
    }
    for (const auto& each : many) {
      co_await each;
    }
  }());
  // More frames and records at once than any list keeps.
  EXPECT_GE(one.worker_at(0).statistics().frame_misses, sanitized ? 20'000U : 1U);
}

TEST_F(worker_test, steps_looks_and_sleeps_are_counted_exactly) {
  run_on(one, []() -> task<void> {
    for (int step = 1; step < 100; ++step) {
      co_await yield();
    }
    co_await sleep(1ns);
  }());
  const worker_statistics counted = one.worker_at(0).statistics();
  EXPECT_EQ(counted.resumptions, 101U);
  EXPECT_EQ(counted.parks, 1U);
  EXPECT_EQ(counted.polls, counted.drivers.polls);
  EXPECT_EQ(counted.parks, counted.drivers.waits);
  EXPECT_EQ(counted.steals, 0U);
  EXPECT_EQ(counted.wakes, 0U);
}

// -- When it looks outside --------------------------------------------------------------------------

/// Steps that take as long as the test says, by a clock that they move themselves.
class worker_budget_test : public ::testing::Test {
 protected:
  static pool_options options(driver_watch& watch, const virtual_clock& clock) {
    pool_options options = options_of(1, watch);
    options.time_source = &clock;
    return options;
  }

  driver_watch watch;
  virtual_clock clock;
  pool one{options(watch, clock)};
};

task<void> work_in_steps(driver_watch& watch, virtual_clock& clock, int steps, duration each) {
  for (int step = 0; step < steps; ++step) {
    watch.count_step();
    clock.advance_to(clock.now() + each);
    co_await yield();
  }
}

TEST_F(worker_budget_test, steps_that_take_no_time_are_run_as_many_as_the_budget_allows) {  // B56
  run_on(one, work_in_steps(watch, clock, 1'000, 0ns));
  const std::vector<int> gaps = watch.steps_between_parks();
  ASSERT_GE(gaps.size(), 16U);
  EXPECT_EQ(std::vector<int>(gaps.begin(), gaps.begin() + 16),
            std::vector<int>(16, static_cast<int>(worker::polls_every_max)));
}

TEST_F(worker_budget_test, rounds_that_take_too_long_become_shorter_until_they_do_not) {  // B56
  // 61 steps of 20 us are 1,220 us; ten fit into the 200 us that a round may take.
  run_on(one, work_in_steps(watch, clock, 1'000, 20us));
  const std::vector<int> gaps = watch.steps_between_parks();
  ASSERT_GE(gaps.size(), 20U);
  EXPECT_EQ(gaps.front(), 12) << "where the clock is read for the second time";
  for (std::size_t round = 1; round + 2 < gaps.size(); ++round) {
    EXPECT_LE(gaps[round] * 20us, worker::round_time_max) << "round " << round;
    EXPECT_GE(gaps[round], 2) << "shorter than it need be, in round " << round;
  }
}

TEST_F(worker_budget_test, after_slow_steps_it_looks_after_each_and_after_fast_ones_seldom_again) {
  run_on(one, [](driver_watch& watch, virtual_clock& clock) -> task<void> {
    co_await work_in_steps(watch, clock, 150, 1ms);
    co_await work_in_steps(watch, clock, 1'000, 0ns);
  }(watch, clock));
  const std::vector<int> gaps = watch.steps_between_parks();
  const auto slowest = std::find(gaps.begin(), gaps.end(), 1);
  ASSERT_NE(slowest, gaps.end()) << "a millisecond is too long for more than one step";
  EXPECT_NE(std::find(slowest, gaps.end(), static_cast<int>(worker::polls_every_max)), gaps.end());
  EXPECT_LE(*std::max_element(gaps.begin(), gaps.end()), static_cast<int>(worker::polls_every_max));
}

TEST_F(worker_budget_test, who_computes_when_the_worker_wakes_up_is_noticed_after_two_steps) {
  run_on(one, [](driver_watch& watch, virtual_clock& clock) -> task<void> {
    for (int burst = 0; burst < 5; ++burst) {
      co_await work_in_steps(watch, clock, 1'000, 0ns);  // The rounds are long now.
      const auto end_sleep = [&watch] { watch.wait_until_asleep(1); };
      co_await to_thread(end_sleep);
      watch.forget_steps();
      co_await work_in_steps(watch, clock, 50, 1ms);
      const std::vector<int> gaps = watch.steps_between_parks();
      EXPECT_LE(*std::max_element(gaps.begin(), gaps.end()), 2);
    }
  }(watch, clock));
}

task<void> sleep_and_raise(duration wait, bool& raised) {
  co_await sleep(wait);
  raised = true;
}

TEST_F(worker_budget_test, a_timer_of_a_busy_worker_is_at_most_a_round_late) {  // B56
  bool raised = false;
  run_on(one, [](driver_watch& watch, virtual_clock& clock, bool& raised) -> task<void> {
    const auto sleeper = spawn(sleep_and_raise(10ms, raised));
    co_await work_in_steps(watch, clock, 1, 0ns);  // It sleeps now.
    int late = 0;
    while (!raised) {
      co_await work_in_steps(watch, clock, 1, 1us);
      late += clock.now() > time_point(10ms) ? 1 : 0;
    }
    EXPECT_GT(late, 0) << "before its time";
    EXPECT_LE(late, static_cast<int>(worker::polls_every_max) + 2);
    co_await sleeper;
  }(watch, clock, raised));
}

// -- What wakes it ----------------------------------------------------------------------------------

TEST_F(worker_test, without_a_timer_it_sleeps_for_ever_and_with_one_until_its_deadline) {
  event gate;
  std::vector<time_point> expected;
  std::thread outsider([&] {
    watch.wait_until_asleep(1);
    spawn_on(one, [](event& gate) -> task<void> {
      gate.set();
      co_return;
    }(gate));
  });
  run_on(one, [](event& gate, std::vector<time_point>& expected) -> task<void> {
    co_await gate.wait();
    const time_point deadline = this_task::scheduler().now() + 1ms;
    expected = {never, deadline};
    co_await sleep_until(deadline);
    EXPECT_GE(this_task::scheduler().now(), deadline);
  }(gate, expected));
  outsider.join();
  EXPECT_EQ(watch.deadlines(), expected);
  EXPECT_EQ(one.worker_at(0).statistics().parks, 2U);
}

task<void> note_cancellation(trace& log, std::string word, event& never_set) {
  try {
    co_await never_set.wait();
  } catch (const cancelled_error& error) {
    log.add(word + ":" + error.message());
  }
}

TEST_F(worker_test, a_cancellation_by_another_thread_wakes_it) {
  event never_set;
  join_handle<void> child;
  std::thread outsider([&] {
    watch.wait_until_asleep(1);
    EXPECT_TRUE(child.cancel("outside"));
  });
  run_on(one, [](trace& log, event& never_set, join_handle<void>& child) -> task<void> {
    child = spawn(note_cancellation(log, "child", never_set));
    co_await join_handle<void>(child);
  }(log, never_set, child));
  outsider.join();
  EXPECT_EQ(log, "child:outside");
  EXPECT_EQ(one.worker_at(0).statistics().parks, 1U);
}

TEST_F(worker_test, a_work_that_another_thread_schedules_wakes_it) {
  struct setting : work {
    explicit setting(event& which) : work(&setting::set), gate(&which) {}
    static void set(work& self) { static_cast<setting&>(self).gate->set(); }
    event* gate;
  };
  event gate;
  setting sets(gate);
  std::thread outsider([&] {
    watch.wait_until_asleep(1);
    one.schedule(sets);
  });
  run_on(one, [](event& gate) -> task<void> { co_await gate.wait(); }(gate));
  outsider.join();
  EXPECT_EQ(one.worker_at(0).statistics().parks, 1U);
  EXPECT_EQ(one.worker_at(0).statistics().drivers.wakes, 1U);
}

TEST_F(worker_test, a_timer_that_is_disarmed_leaves_no_deadline) {
  run_on(one, [](trace& log) -> task<void> {
    const auto sleeper = spawn([](trace& log) -> task<void> {
      try {
        co_await sleep(1'000h);
      } catch (const cancelled_error&) {
        log.add("cancelled");
      }
    }(log));
    co_await yield();
    sleeper.cancel();
    co_await sleeper;
    co_await sleep(1ns);
  }(log));
  EXPECT_EQ(log, "cancelled");
  for (const time_point deadline : watch.deadlines()) {
    EXPECT_LT(deadline, one.now()) << "it slept for the thousand hours";
  }
}

task<void> sleep_and_arrive(duration wait, std::latch& both) {
  co_await sleep(wait);
  both.count_down();
}

TEST_F(worker_test, timers_of_one_worker_fire_while_another_is_blocked) {
  driver_watch watch_of_two;
  pool two(options_of(2, watch_of_two));
  run_on(two, []() -> task<void> {
    std::latch all(10);
    std::vector<join_handle<void>> sleepers;
    for (int index = 0; index < 10; ++index) {
      sleepers.push_back(spawn(sleep_and_arrive(index * 10us, all)));
    }
    sleepers.push_back(spawn(return_at_once()));  // In the slot that nobody steals from.
    all.wait();  // Blocks this worker: the other one runs them all.
    for (const join_handle<void>& sleeper : sleepers) {
      co_await sleeper;
    }
  }());
  EXPECT_GE(two.worker_at(1).statistics().resumptions, 10U);
}

TEST_F(worker_test, the_end_of_the_pool_wakes_it) {
  driver_watch watch_of_four;
  pool four(options_of(4, watch_of_four));
  std::thread outsider;
  event gate;
  outsider = std::thread([&] {
    watch_of_four.wait_until_asleep(4);
    spawn_on(four, [](event& gate) -> task<void> {
      gate.set();
      co_return;
    }(gate));
  });
  run_on(four, [](event& gate) -> task<void> {
    co_await testing::occupy_workers(4);
    co_await gate.wait();
  }(gate));
  outsider.join();
  EXPECT_EQ(watch_of_four.asleep(), 0U);
}

}  // namespace
}  // namespace jackdaw
