// tests/runtime/multi_thread/watchdog_test.cpp
//
// Goal: a task that keeps a worker is reported, by name and with the time, while it still runs; one that
// awaits is not; and the watchdog sleeps when the workers do. Method: looks that a task has done at times of
// its own choice, so that nothing depends on how fast the machine is; a task that runs until it is reported.
#include "../../support/runtime_test.hpp"
#include "watched_pool.hpp"
#include <jackdaw/runtime/multi_thread/watchdog.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::driver_watch;
using testing::failure_log;
using testing::run_on;

class watchdog_test : public ::testing::Test {
 protected:
  // Looks by itself four times in `too_long`.
  pool_options options(unsigned workers, duration too_long) {
    pool_options options;
    options.workers = workers;
    options.make_driver = watch.factory();
    options.on_failure = failures.handler();
    options.report_long_runs_after = too_long;
    return options;
  }

  driver_watch watch;
  failure_log failures;
};

watchdog& own_watchdog(pool& workers) { return *workers.watched_by(); }

TEST_F(watchdog_test, who_does_not_await_between_two_looks_is_reported_by_name_with_the_time) {
  pool one(options(1, 1h));
  run_on(one, [](pool& one) -> task<void> {
    this_task::set_name("burner");
    const time_point begin{};
    own_watchdog(one).look(begin);
    own_watchdog(one).look(begin + 59min);
    own_watchdog(one).look(begin + 60min);
    co_return;
  }(one));
  ASSERT_EQ(failures.all().size(), 1U);
  const failure told = failures.all().front();
  EXPECT_EQ(told.message, "A task keeps worker 0 for 3600.000 seconds now without an await");
  EXPECT_EQ(told.task_name, "burner");
  EXPECT_EQ(told.level, failure_level::warning);
  EXPECT_EQ(told.source, failure_source::task);
}

TEST_F(watchdog_test, it_is_told_again_each_time_that_the_time_has_doubled) {
  pool one(options(1, 1h));
  run_on(one, [](pool& one) -> task<void> {
    for (int hour = 0; hour <= 9; ++hour) {
      own_watchdog(one).look(time_point{} + hour * 1h);
    }
    co_return;
  }(one));
  std::vector<std::string> times;
  for (const failure& told : failures.all()) {
    times.push_back(told.message.substr(std::string("A task keeps worker 0 for ").size(), 5));
  }
  EXPECT_EQ(times, (std::vector<std::string>{"3600.", "7200.", "14400", "28800"}));
}

TEST_F(watchdog_test, who_awaits_in_between_is_not) {
  pool one(options(1, 1h));
  run_on(one, [](pool& one) -> task<void> {
    for (int day = 0; day < 10; ++day) {
      own_watchdog(one).look(time_point{} + day * 24h);
      co_await yield();
    }
  }(one));
  EXPECT_EQ(failures.text(), "");
}

task<void> look_and_end(pool& one, time_point now) {
  own_watchdog(one).look(now);
  co_return;
}

TEST_F(watchdog_test, nor_are_tasks_that_follow_each_other_at_one_address) {
  pool one(options(1, 1h));
  run_on(one, [](pool& one) -> task<void> {
    for (int day = 0; day < 10; ++day) {
      co_await spawn(look_and_end(one, time_point{} + day * 24h));
    }
  }(one));
  EXPECT_EQ(failures.text(), "");
}

task<void> run_until_reported(const failure_log& failures) {
  while (failures.all().empty()) {
    std::this_thread::yield();
  }
  co_return;
}

TEST_F(watchdog_test, a_task_on_any_worker_is_reported_while_it_runs) {
  pool two(options(2, 2ms));
  run_on(two, [](const failure_log& failures) -> task<void> {
    co_await spawn(run_until_reported(failures), "endless");
  }(failures));
  // Main may have been slow as well, on a busy machine.
  EXPECT_NE(failures.text().find("without an await|endless|"), std::string::npos)
      << failures.text();
}

TEST_F(watchdog_test, while_all_workers_sleep_it_sleeps_and_then_it_is_awake) {
  pool one(options(1, 1ms));
  event gate;
  std::uint64_t looks_before = 0;
  std::thread outsider([&] {
    watch.wait_until_asleep(1);
    watchdog& dog = own_watchdog(one);
    while (!dog.asleep()) {
      std::this_thread::yield();
    }
    looks_before = dog.looks();
    for (int turn = 0; turn < 20; ++turn) {
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(dog.asleep());
    EXPECT_EQ(dog.looks(), looks_before);
    spawn_on(one, [](event& gate) -> task<void> {
      gate.set();
      co_return;
    }(gate));
  });
  run_on(one, [](pool& one, event& gate, const std::uint64_t& looks_before) -> task<void> {
    co_await gate.wait();
    while (own_watchdog(one).looks() == looks_before) {
      std::this_thread::yield();
    }
  }(one, gate, looks_before));
  outsider.join();
}

TEST_F(watchdog_test, without_the_option_there_is_none) {
  pool one(options(1, 0ms));
  run_on(one, [](pool& one) -> task<void> {
    EXPECT_EQ(one.watched_by(), nullptr);
    co_return;
  }(one));
}

}  // namespace
}  // namespace jackdaw
