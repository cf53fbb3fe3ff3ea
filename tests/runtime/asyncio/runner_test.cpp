// tests/runtime/asyncio/runner_test.cpp
//
// Goal: run() and runner make a loop, run a task on it, and leave nothing behind, whatever the task does;
// what several runs share; what an interrupt does. The order of a shutdown is held by the conformance cases
// run_shutdown_order, runner_reuse and sigint_in_runner. Method: small programs on virtual time.
#include "../../support/runtime_test.hpp"
#include <jackdaw/runtime/asyncio/asyncio.hpp>
#include <jackdaw/runtime/asyncio/runner.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;

const runner_options virtual_time{.virtual_time = true};

task<int> number(int value) {
  co_await sleep(1h);
  co_return value;
}

task<> fails() {
  co_await sleep(1h);
  throw std::out_of_range("no");
}

std::string text_of(const std::function<void()>& attempt) {
  try {
    attempt();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(asyncio_run_test, it_returns_or_throws_what_the_task_does) {  // S160, S165
  EXPECT_EQ(run(number(3), virtual_time), 3);
  EXPECT_THROW(run(fails(), virtual_time), std::out_of_range);
  EXPECT_EQ(run([]() -> task<int> { co_return 5; }()), 5);  // On the real clock.
  const auto moved =
      run([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); }());
  EXPECT_EQ(*moved, 7);
}

TEST(asyncio_run_test, virtual_time_jumps_and_stands_still_while_a_thread_works) {
  run(
      []() -> task<> {
        const time_point begin = get_running_loop().time();
        co_await sleep(24h);
        EXPECT_EQ(get_running_loop().time() - begin, 24h);
        const auto ten = run_in_executor([] {
          std::this_thread::sleep_for(1ms);
          return 10;
        });
        EXPECT_EQ(co_await wait_for(ten, 1ns), 10);
      }(),
      virtual_time);
}

task<> until_cancelled(int* cancelled) {
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) {
    ++*cancelled;
    throw;
  }
}

task<> leave_behind(int* cancelled) {
  create_task(until_cancelled(cancelled));
  create_task(until_cancelled(cancelled));
  co_await sleep(1s);
}

TEST(asyncio_run_test, what_is_left_is_cancelled_and_awaited) {  // S161
  int cancelled = 0;
  run(leave_behind(&cancelled), virtual_time);
  EXPECT_EQ(cancelled, 2);
}

TEST(asyncio_run_test, it_is_refused_inside_of_a_run) {  // S18
  run(
      []() -> task<> {
        EXPECT_EQ(text_of([] { run(number(1)); }),
                  "asyncio.run() cannot be called from a running event loop");
        runner inner;
        EXPECT_EQ(text_of([&] { inner.run(number(1)); }),
                  "Runner.run() cannot be called from a running event loop");
        co_return;
      }(),
      {.virtual_time = true, .on_failure = [](const failure& /*never awaited*/) {}});
}

TEST(asyncio_run_test, options_reach_the_loop) {  // S169
  testing::failure_log failures;
  run(
      []() -> task<> {
        EXPECT_TRUE(get_running_loop().get_debug());
        static_cast<void>(create_task(
            []() -> task<> {
              throw std::out_of_range("lost");
              co_return;
            }(),
            {.name = "loser"}));
        co_await sleep(1s);
      }(),
      {.debug = true, .virtual_time = true, .on_failure = failures.handler()});
  EXPECT_EQ(failures.text(), "Task exception was never retrieved|loser|std::out_of_range: lost\n");
  bool made = false;
  run(
      []() -> task<> {
        EXPECT_FALSE(get_running_loop().get_debug());
        co_return;
      }(),
      {.debug = false, .loop_factory = [&made] {
         made = true;
         return std::make_unique<event_loop>();
       }});
  EXPECT_TRUE(made);
}

TEST(runner_test, the_loop_is_made_once_and_closed_at_the_end) {  // S168
  runner runs(virtual_time);
  event_loop& loop = runs.get_loop();
  EXPECT_EQ(runs.run(number(1)), 1);
  EXPECT_EQ(runs.run(number(2)), 2);
  EXPECT_EQ(&runs.get_loop(), &loop);
  EXPECT_FALSE(loop.is_closed());
  runs.close();
  EXPECT_TRUE(loop.is_closed());
  runs.close();
  EXPECT_EQ(text_of([&] { static_cast<void>(runs.get_loop()); }), "Runner is closed");
  EXPECT_EQ(text_of([&] { runs.run(number(3)); }), "Runner is closed");
}

TEST(runner_test, what_a_run_leaves_goes_on_in_the_next_and_ends_at_the_end) {  // S17, S161
  int cancelled = 0;
  {
    runner runs(virtual_time);
    runs.run(leave_behind(&cancelled));
    EXPECT_EQ(cancelled, 0);
    runs.run(number(1));
    EXPECT_EQ(cancelled, 0);
  }
  EXPECT_EQ(cancelled, 0) << "an hour passed in the second run: both had ended by themselves";
  {
    runner runs(virtual_time);
    runs.run(leave_behind(&cancelled));
  }
  EXPECT_EQ(cancelled, 2);
}

TEST(runner_test, runs_share_a_context) {  // S168
  static const context_var<int> variable("variable", 0);
  const auto next = []() -> task<int> {
    variable.set(variable.get() + 1);
    co_return variable.get();
  };
  runner runs(virtual_time);
  EXPECT_EQ(runs.run(next()), 1);
  EXPECT_EQ(runs.run(next()), 2);
  EXPECT_EQ(runs.run(next(), copy_context()), 1);
  EXPECT_EQ(runs.run(next()), 3);
  EXPECT_EQ(variable.get(), 0);
}

TEST(runner_test, a_runner_that_was_never_used_makes_no_loop) {
  bool made = false;
  {
    runner runs({.loop_factory = [&made] {
      made = true;
      return std::make_unique<event_loop>();
    }});
    runs.interrupt();
  }
  EXPECT_FALSE(made);
}

TEST(runner_test, what_tears_out_of_the_shutdown_is_thrown_after_the_loop_is_closed) {
  runner runs(virtual_time);
  runs.run([]() -> task<> {
    create_task([]() -> task<> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {
        throw system_exit("enough");
      }
    }());
    co_await sleep(1s);
  }());
  event_loop& loop = runs.get_loop();
  EXPECT_THROW(runs.close(), system_exit);
  EXPECT_TRUE(loop.is_closed());
}

TEST(runner_test, an_interrupt_from_another_thread_cancels_the_main_task) {  // S166
  runner runs;
  std::thread outside;
  const auto body = [](runner* own, std::thread* thread) -> task<> {
    *thread = std::thread([own] { own->interrupt(); });
    co_await sleep(1h);
  };
  EXPECT_THROW(runs.run(body(&runs, &outside)), keyboard_interrupt);
  outside.join();
  runs.interrupt();  // Nothing runs.
  EXPECT_EQ(runs.run([]() -> task<int> { co_return 1; }()), 1);
}

TEST(runner_test, a_second_interrupt_leaves_the_loop_though_the_task_does_not_end) {  // S166
  testing::failure_log failures;
  runner runs({.on_failure = failures.handler()});
  std::thread outside;
  const auto body = [](runner* own, std::thread* thread) -> task<> {
    *thread = std::thread([own] {
      own->interrupt();
      own->interrupt();
    });
    while (get_running_loop().is_running()) {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {
        continue;  // Refuses, but only the interrupts.
      }
    }
  };
  EXPECT_THROW(runs.run(body(&runs, &outside)), keyboard_interrupt);
  outside.join();
  for (const task_handle& task : all_tasks(runs.get_loop())) {
    task.set_name("refuses");
  }
  runs.get_loop().close();
  EXPECT_EQ(failures.text(), "Task was destroyed but it is pending!|refuses|no exception\n");
}

}  // namespace
}  // namespace jackdaw::asyncio
