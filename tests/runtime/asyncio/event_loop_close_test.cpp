// tests/runtime/asyncio/event_loop_close_test.cpp
//
// Goal: how runs of the loop end: stop, an exception that tears out, close with things left over; and
// calls from outside of a run (S14 to S22, S59, S68). Method: a loop is driven by hand, on a virtual
// clock, and leaves a trace.
#include "../../support/leak_check.hpp"
#include "../../support/runtime_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace jackdaw::asyncio {
namespace {

using namespace std::chrono_literals;
using jackdaw::testing::failure_log;
using jackdaw::testing::trace;

/// A loop on a virtual clock.
class event_loop_close_test : public ::testing::Test {
 protected:
  static loop_options options(virtual_world& world, virtual_clock& clock, failure_log& failures) {
    loop_options options;
    options.make_driver = [&world](unsigned) { return std::make_unique<virtual_driver>(world); };
    options.time_source = &clock;
    options.on_failure = failures.handler();
    return options;
  }

  virtual_clock clock;
  virtual_world world{clock};
  failure_log failures;
  event_loop loop{options(world, clock, failures)};
  trace log;
};

task<int> throws_after_a_turn() {
  co_await yield();
  throw std::runtime_error("boom");
}

task<void> wait_for_event(event& gate, trace& log) {
  co_await gate.wait();
  log.add("woken");
}

task<void> sleep_and_write(duration wait, trace& log) {
  co_await sleep(wait);
  log.add("slept");
}

TEST_F(event_loop_close_test, a_threadsafe_call_made_before_the_first_run_is_not_forgotten) {
  loop.call_soon_threadsafe([&] { loop.stop(); });
  loop.run_forever();
}

TEST_F(event_loop_close_test, threads_may_post_while_the_first_run_begins) {
  std::thread poster([&] { loop.call_soon_threadsafe([&] { loop.stop(); }); });
  loop.run_forever();
  poster.join();
}

TEST_F(event_loop_close_test, an_exception_that_run_until_complete_throws_is_not_reported_as_well) {
  EXPECT_THROW(loop.run_until_complete(throws_after_a_turn()), std::runtime_error);
  EXPECT_EQ(failures.text(), "");
}

TEST_F(event_loop_close_test, a_task_that_an_earlier_run_waited_for_does_not_stop_a_later_one) {
  const auto task = loop.create_task(sleep_and_write(1s, log));
  loop.call_soon([&] { loop.stop(); });
  EXPECT_THROW(loop.run_until_complete(task), std::runtime_error);
  loop.call_later(2s, [&] {
    log.add("stopped");
    loop.stop();
  });
  loop.run_forever();
  EXPECT_EQ(log, "slept stopped");
}

TEST_F(event_loop_close_test, a_threadsafe_call_on_a_closed_loop_throws_and_leaks_nothing) {
  loop.close();
  const auto before = live_frames();
  EXPECT_THROW(loop.call_soon_threadsafe([text = std::string(100, 'x')] {}), std::runtime_error);
  EXPECT_EQ(live_frames(), before);
}

TEST_F(event_loop_close_test, a_callback_may_cancel_its_own_handle_and_go_on) {
  handle own;
  own = loop.call_soon([this, &own, text = std::string(100, 'x')] {
    own.cancel();
    log.add(text);
    loop.stop();
  });
  loop.run_forever();
  EXPECT_EQ(log, std::string(100, 'x'));
}

TEST_F(event_loop_close_test, close_destroys_pending_tasks_that_use_what_an_earlier_task_owns) {
  loop.create_task(
      [](trace& log) -> task<void> {
        event gate;
        const auto waiter = spawn(wait_for_event(gate, log), "waiter");
        co_await sleep(1h);
        co_await waiter;
      }(log),
      "owner");
  loop.call_later(1s, [&] { loop.stop(); });
  loop.run_forever();
  loop.close();
  EXPECT_EQ(log, "");
  EXPECT_EQ(failures.all().size(), 2U);
}

TEST_F(event_loop_close_test, a_task_cancelled_before_the_loop_runs_never_starts) {  // S68
  const auto task = loop.create_task([](trace& log) -> jackdaw::task<void> {
    log.add("started");
    co_await yield();
  }(log));
  EXPECT_TRUE(task.cancel());
  EXPECT_THROW(loop.run_until_complete(task), cancelled_error);
  EXPECT_EQ(log, "");
}

TEST_F(event_loop_close_test, a_blocking_call_may_end_while_the_next_run_begins) {
  event_loop real;
  const auto call = real.create_task(
      []() -> task<void> { co_await to_thread([] { std::this_thread::yield(); }); }());
  real.run_until_complete([]() -> task<void> { co_await yield(); }());
  real.run_until_complete(call);
}

task<void> wait_for_future(future<void> awaited) { co_await awaited; }

TEST_F(event_loop_close_test,
       a_failure_whose_waiter_is_cancelled_before_it_sees_it_is_not_reported) {
  {
    const auto failed = loop.create_future<void>();
    const auto waits = loop.create_task(wait_for_future(failed));
    loop.call_later(1s, [&] {
      failed.set_exception(std::runtime_error("boom"));
      waits.cancel();  // Goes to the future as well, which asyncio calls seen then.
      loop.stop();
    });
    loop.run_forever();
    loop.close();
  }
  EXPECT_EQ(failures.text().find("never retrieved"), std::string::npos) << failures.text();
}

}  // namespace
}  // namespace jackdaw::asyncio
