// tests/runtime/virtual_driver_test.cpp
//
// Goal: time moves only when all sleep, and then to the earliest deadline. Method: drivers on one
// virtual clock; a thread that is known to be parked by the count of its driver's waits.
#include "../support/stress.hpp"
#include <jackdaw/runtime/virtual_driver.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration since_start) { return time_point(since_start); }

class virtual_driver_test : public ::testing::Test {
 protected:
  /// Parks, and returns the time at which it was woken.
  time_point park(virtual_driver& driver, time_point deadline) {
    work_list ready;
    driver.park(deadline, ready);
    EXPECT_TRUE(ready.empty());
    return clock.now();
  }

  /// Returns when `driver` has begun its `count`-th wait. It holds the world's lock until it sleeps.
  static void await_waits(const virtual_driver& driver, std::uint64_t count) {
    while (driver.statistics().waits < count) {
      std::this_thread::yield();
    }
  }

  virtual_clock clock;
  virtual_world world{clock};
};

TEST_F(virtual_driver_test, the_only_sleeper_moves_time_to_its_deadline) {
  virtual_driver driver(world);
  EXPECT_EQ(park(driver, at(1h)), at(1h));
  EXPECT_EQ(park(driver, at(1000h)), at(1000h));
  EXPECT_EQ(driver.statistics().waits, 2U);
  EXPECT_EQ(driver.statistics().polls, 0U);
}

TEST_F(virtual_driver_test, a_deadline_that_has_passed_is_a_look_and_moves_nothing) {
  virtual_driver driver(world);
  clock.advance_to(at(5s));
  for (const time_point passed : {at_once, at(1s), at(5s)}) {
    EXPECT_EQ(park(driver, passed), at(5s));
  }
  EXPECT_EQ(driver.statistics().polls, 3U);
  EXPECT_EQ(driver.statistics().waits, 0U);
}

TEST_F(virtual_driver_test, a_permit_ends_the_next_park_without_moving_time) {
  virtual_driver driver(world);
  driver.wake();
  driver.wake();
  EXPECT_EQ(park(driver, at(5s)), at(0s));
  EXPECT_EQ(park(driver, at(5s)), at(5s)) << "permits add up";
}

TEST_F(virtual_driver_test, a_look_takes_the_permit) {
  virtual_driver driver(world);
  driver.wake();
  EXPECT_EQ(park(driver, at_once), at(0s));
  EXPECT_EQ(park(driver, at(5s)), at(5s));
}

TEST_F(virtual_driver_test, time_stands_still_while_somebody_is_awake) {
  virtual_driver busy(world);
  virtual_driver sleeper(world);
  std::atomic<bool> woken{false};
  std::thread thread([&] {
    EXPECT_EQ(park(sleeper, at(10s)), at(10s));
    woken.store(true);
    EXPECT_EQ(park(sleeper, never), at(20s));
  });
  await_waits(sleeper, 1);
  EXPECT_EQ(park(busy, at_once), at(0s));
  EXPECT_FALSE(woken.load());
  EXPECT_EQ(park(busy, at(3s)), at(3s));
  EXPECT_FALSE(woken.load()) << "woken before its time";
  EXPECT_EQ(park(busy, at(20s)), at(20s));
  EXPECT_TRUE(woken.load()) << "overtaken by a later deadline";
  sleeper.wake();
  thread.join();
}

TEST_F(virtual_driver_test, who_was_woken_but_has_not_run_yet_counts_as_awake) {
  virtual_driver busy(world);
  auto sleeper = std::make_unique<virtual_driver>(world);
  std::thread thread([&] {
    EXPECT_EQ(park(*sleeper, at(10s)), at(0s));
    sleeper.reset();
  });
  await_waits(*sleeper, 1);
  sleeper->wake();
  EXPECT_EQ(park(busy, at(5s)), at(5s));
  thread.join();
}

TEST_F(virtual_driver_test, where_nobody_has_a_deadline_a_wake_is_what_helps) {
  virtual_driver driver(world);
  std::thread thread([&] { EXPECT_EQ(park(driver, never), at(0s)); });
  await_waits(driver, 1);
  driver.wake();
  thread.join();
  EXPECT_EQ(driver.statistics().wakes, 1U);
}

TEST_F(virtual_driver_test, a_hold_keeps_time_from_moving) {
  virtual_driver driver(world);
  world.hold();
  world.hold();
  std::atomic<bool> woken{false};
  std::thread thread([&] {
    EXPECT_EQ(park(driver, at(10s)), at(10s));
    woken.store(true);
  });
  await_waits(driver, 1);
  world.let_go();
  EXPECT_EQ(clock.now(), at(0s));
  EXPECT_FALSE(woken.load());
  world.let_go();
  thread.join();
}

TEST_F(virtual_driver_test, a_wake_gets_through_a_hold) {
  virtual_driver driver(world);
  world.hold();
  std::thread thread([&] { EXPECT_EQ(park(driver, at(10s)), at(0s)); });
  await_waits(driver, 1);
  driver.wake();
  thread.join();
  world.let_go();
  EXPECT_EQ(clock.now(), at(0s));
}

TEST_F(virtual_driver_test, a_driver_that_goes_away_is_not_waited_for) {
  virtual_driver sleeper(world);
  auto other = std::make_unique<virtual_driver>(world);
  std::thread thread([&] { EXPECT_EQ(park(sleeper, at(10s)), at(10s)); });
  await_waits(sleeper, 1);
  other.reset();
  thread.join();
}

TEST_F(virtual_driver_test, equal_deadlines_all_end_at_that_time) {
  auto first = std::make_unique<virtual_driver>(world);
  auto second = std::make_unique<virtual_driver>(world);
  const auto wait_twice = [this](std::unique_ptr<virtual_driver>& driver) {
    EXPECT_EQ(park(*driver, at(10s)), at(10s));
    EXPECT_EQ(park(*driver, at(30s)), at(30s));
    driver.reset();
  };
  std::thread thread([&] { wait_twice(second); });
  wait_twice(first);
  thread.join();
}

TEST_F(virtual_driver_test, of_many_sleepers_each_is_woken_exactly_at_its_time) {
  constexpr int steps = testing::scaled(2000);
  std::vector<std::unique_ptr<virtual_driver>> drivers;
  for (int index = 0; index < 4; ++index) {
    drivers.push_back(std::make_unique<virtual_driver>(world));
  }
  std::mutex lock;
  std::vector<time_point> log;
  std::vector<std::thread> threads;
  for (std::size_t index = 0; index < drivers.size(); ++index) {
    threads.emplace_back([&, index, random = testing::random_numbers(20 + index)]() mutable {
      time_point deadline = at(0s);
      for (int step = 0; step < steps; ++step) {
        deadline += duration(1 + random() % 20);
        EXPECT_EQ(park(*drivers[index], deadline), deadline);
        const std::lock_guard guard(lock);
        log.push_back(deadline);
      }
      drivers[index].reset();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(log.size(), 4U * steps);
  EXPECT_TRUE(std::is_sorted(log.begin(), log.end())) << "something happened out of order";
}

}  // namespace
}  // namespace jackdaw
