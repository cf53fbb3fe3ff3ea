// tests/runtime/asyncio/debug_test.cpp
//
// Goal: debug mode (S185 to S189): steps that take long are told, calls from other threads refused, and
// without it neither. Method: a loop on a virtual clock which the steps move; threads that are joined before
// anything is looked at. Against CPython: the conformance case debug_mode_checks.
#include "../../support/runtime_test.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;
using jackdaw::testing::failure_log;

constexpr const char* wrong_thread =
    "Non-thread-safe operation invoked on an event loop other than the current one";

class debug_test : public ::testing::Test {
 protected:
  loop_options options(std::optional<bool> debug) {
    loop_options options;
    options.make_driver = [this](unsigned) { return std::make_unique<virtual_driver>(world); };
    options.time_source = &clock;
    options.on_failure = logged.handler();
    options.debug = debug;
    return options;
  }
  auto takes(duration time) {
    return [this, time] { clock.advance_to(clock.now() + time); };
  }
  void run_a_turn(event_loop& loop) {
    loop.stop();
    loop.run_forever();
  }

  virtual_clock clock;
  virtual_world world{clock};
  failure_log logged;
};

task<void> fetch(virtual_clock& clock, duration takes) {
  clock.advance_to(clock.now() + takes);
  co_await yield();
}

TEST_F(debug_test, a_callback_that_takes_long_is_told_as_a_warning) {  // S185
  event_loop loop(options(true));
  loop.set_exception_handler([](event_loop& /*unused*/, const failure& what) {
    ADD_FAILURE() << "not an error: " << what.message;
  });
  loop.call_soon(takes(99ms));
  loop.call_soon(takes(100ms));
  run_a_turn(loop);
  EXPECT_EQ(logged.text(), "Executing <Handle> took 0.100 seconds||no exception\n");
  EXPECT_EQ(logged.all().at(0).level, failure_level::warning);
}

TEST_F(debug_test, a_step_that_takes_long_is_told_with_its_task_and_coroutine) {
  event_loop loop(options(true));
  loop.run_until_complete(loop.create_task(fetch(clock, 1s), "T"));
  EXPECT_EQ(logged.text(),
            "Executing <Task 'T' coro=<fetch()>> took 1.000 seconds|T|no exception\n");
  EXPECT_NE(std::string(logged.all().at(0).where.file_name()).find("debug_test"),
            std::string::npos);
}

TEST_F(debug_test, a_step_that_ends_its_task_is_told_as_well) {
  event_loop loop(options(true));
  static_cast<void>(loop.create_task(
      [](virtual_clock& time) -> task<void> {
        time.advance_to(time.now() + 2s);
        co_return;
      }(clock),
      "T"));
  run_a_turn(loop);
  EXPECT_EQ(logged.text(),
            "Executing <Task 'T' coro=<<lambda>()>> took 2.000 seconds|T|no exception\n");
}

TEST_F(debug_test, what_is_long_can_be_changed) {
  event_loop loop(options(true));
  EXPECT_EQ(loop.slow_callback_duration(), 100ms);
  loop.set_slow_callback_duration(5s);
  loop.call_soon(takes(4s));
  loop.call_soon(takes(5s));
  run_a_turn(loop);
  EXPECT_EQ(logged.all().size(), 1U);
}

TEST_F(debug_test, without_it_nothing_is_told_and_nothing_refused) {
  event_loop loop(options(false));
  EXPECT_FALSE(loop.get_debug());
  loop.call_soon(takes(1h));
  loop.call_soon([&] { loop.set_debug(true); });
  run_a_turn(loop);
  EXPECT_TRUE(loop.get_debug());
  EXPECT_EQ(logged.text(), "");
}

/// What `call` says on another thread, while a callback of `loop` waits for it.
std::string said_elsewhere(event_loop& loop, const std::function<void()>& call) {
  std::string said = "nothing";
  loop.call_soon([&] {
    std::thread([&] {
      try {
        call();
      } catch (const std::runtime_error& error) {
        said = error.what();
      }
    }).join();
  });
  loop.stop();
  loop.run_forever();
  return said;
}

TEST_F(debug_test, calls_from_another_thread_are_refused_while_the_loop_runs) {  // S186
  event_loop loop(options(true));
  const auto nothing = [] {};
  EXPECT_EQ(said_elsewhere(loop, [&] { loop.call_soon(nothing); }), wrong_thread);
  EXPECT_EQ(said_elsewhere(loop, [&] { loop.call_later(1s, nothing); }), wrong_thread);
  EXPECT_EQ(said_elsewhere(loop, [&] { loop.call_at(time_point(1s), nothing); }), wrong_thread);
  EXPECT_EQ(said_elsewhere(
                loop, [&] { static_cast<void>(loop.create_task(fetch(clock, 1s), "refused")); }),
            wrong_thread);
  EXPECT_EQ(said_elsewhere(loop, [&] { loop.call_soon_threadsafe(nothing); }), "nothing");
  EXPECT_EQ(loop.statistics().spawns, 0U);
  EXPECT_EQ(logged.text(), "");
}

TEST_F(debug_test, a_loop_that_does_not_run_may_be_prepared_on_another_thread) {
  event_loop loop(options(true));
  bool called = false;
  std::thread([&] { loop.call_soon([&] { called = true; }); }).join();
  run_a_turn(loop);
  EXPECT_TRUE(called);
}

TEST_F(debug_test, the_environment_turns_it_on_unless_the_options_say_otherwise) {  // S189
  const auto with_variable = [this](const char* value, std::optional<bool> debug) {
    ::setenv("JACKDAW_ASYNCIO_DEBUG", value, 1);
    const event_loop loop(options(debug));
    ::unsetenv("JACKDAW_ASYNCIO_DEBUG");
    return loop.get_debug();
  };
  EXPECT_TRUE(with_variable("1", std::nullopt));
  EXPECT_FALSE(with_variable("0", std::nullopt));
  EXPECT_FALSE(with_variable("", std::nullopt));
  EXPECT_FALSE(with_variable("1", false));
  EXPECT_TRUE(with_variable("0", true));
  EXPECT_FALSE(event_loop(options(std::nullopt)).get_debug());
}

// S187: a coroutine that is given to call_soon() would be made and dropped.
using coroutine_function = task<void> (*)();
template <class F>
concept can_be_called_soon = requires(event_loop& loop, F function) { loop.call_soon(function); };
template <class F>
concept can_be_called_later =
    requires(event_loop& loop, F function) { loop.call_later(1s, function); };
static_assert(can_be_called_soon<void (*)()> && can_be_called_soon<int (*)()>);
static_assert(!can_be_called_soon<coroutine_function>);
static_assert(!can_be_called_later<coroutine_function>);
static_assert(!can_be_called_soon<int>);

}  // namespace
}  // namespace jackdaw::asyncio
