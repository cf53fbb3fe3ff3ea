// tests/runtime/asyncio/cpython_runners_test.cpp
//
// Goal: run() and runner do what CPython's tests of them ask for, where runner_test.cpp and the conformance cases
// run_*, runner_reuse and sigint_in_runner do not say so already. Method: the same situations; an interrupt is what
// the listener to SIGINT would call.
#include "program.hpp"

#include <memory>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

task<void> fail_when_cancelled(bool* ended) {
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    *ended = true;
    throw std::runtime_error("left over");
  }
}

TEST(cpython_runners_test, main_s_own_exception_is_thrown_and_that_of_a_task_it_left_is_reported) {
  failure_log failures;
  bool ended = false;
  const auto leave = [](bool* other_ended) -> task<void> {
    create_task(fail_when_cancelled(other_ended), {.name = "lazy"});
    co_await turns(1);
    throw std::runtime_error("main");
  };
  EXPECT_EQ(thrown_by([&] {
              run(leave(&ended), {.virtual_time = true, .on_failure = failures.handler()});
            }),
            "main");
  EXPECT_TRUE(ended);
  EXPECT_EQ(
      failures.text(),
      "unhandled exception during asyncio.run() shutdown|lazy|std::runtime_error: left over\n");
}

TEST(cpython_runners_test, main_runs_on_the_loop_that_the_factory_made_once) {
  event_loop* made = nullptr;
  int calls = 0;
  runner_options options;
  options.loop_factory = [&] {
    ++calls;
    auto loop = std::make_unique<event_loop>();
    made = loop.get();
    return loop;
  };
  {
    runner runs(options);
    EXPECT_EQ(&runs.get_loop(), made);
    event_loop* const seen =
        runs.run([]() -> task<event_loop*> { co_return &get_running_loop(); }());
    EXPECT_EQ(seen, made);
  }
  EXPECT_EQ(calls, 1);
}

TEST(cpython_runners_test, debug_mode_is_what_the_options_say) {
  for (const bool debug : {false, true}) {
    runner_options options;
    options.debug = debug;
    runner runs(options);
    EXPECT_EQ(runs.get_loop().get_debug(), debug);
    const bool in_main =
        runs.run([]() -> task<bool> { co_return get_running_loop().get_debug(); }());
    EXPECT_EQ(in_main, debug);
  }
}

task<void> yield_until_cancelled() {
  while (true) {
    co_await asyncio::sleep(0s);
  }
}

task<void> throw_a_new_cancellation() {
  const std::string end = co_await end_of(yield_until_cancelled());
  EXPECT_EQ(end, "cancelled");
  throw cancelled_error();
}

TEST(cpython_runners_test, an_interrupt_finds_a_main_task_that_only_yields) {
  runner runs;
  runs.get_loop().call_later(1ms, [&runs] { runs.interrupt(); });
  EXPECT_THROW(runs.run(throw_a_new_cancellation()), keyboard_interrupt);
}

task<void> await_it(future<void> awaited) { co_await awaited; }

TEST(cpython_runners_test, an_interrupt_cancels_the_future_that_main_awaits) {
  runner runs({.virtual_time = true});
  const auto awaited = runs.get_loop().create_future<void>();
  runs.get_loop().call_later(100ms, [&runs] { runs.interrupt(); });
  EXPECT_THROW(runs.run(await_it(awaited)), keyboard_interrupt);
  EXPECT_TRUE(awaited.cancelled());
}

task<void> cancel_and_interrupt(task_handle main, runner* runs) {
  co_await turns(1);
  main.cancel();
  runs->interrupt();
}

TEST(cpython_runners_test, a_main_task_that_others_cancelled_too_ends_cancelled) {
  runner runs({.virtual_time = true});
  const auto main = [](runner* own) -> task<void> {
    create_task(cancel_and_interrupt(current_task(), own));
    co_await forever();
  };
  EXPECT_EQ(thrown_by([&] { runs.run(main(&runs)); }), "cancelled");
}

}  // namespace
}  // namespace jackdaw::asyncio
