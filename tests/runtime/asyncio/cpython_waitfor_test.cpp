// tests/runtime/asyncio/cpython_waitfor_test.cpp
//
// Goal: wait_for() does what CPython's tests of it ask for, where wait_test.cpp and the conformance cases
// wait_for_* do not say so already. Method: the same situations, on a loop whose clock jumps.
#include "program.hpp"

#include <optional>

namespace jackdaw::asyncio {
namespace {

using namespace testing;

// Sleeps until its time is over, however often it is cancelled.
task<void> refuse_until(time_point end, bool* exited) {
  while (now() < end) {
    try {
      co_await asyncio::sleep(end - now());
    } catch (const cancelled_error&) {
      continue;
    }
  }
  *exited = true;
}

TEST(cpython_waitfor_test, cancelled_it_ends_when_what_refuses_to_end_has_ended) {
  run_program([]() -> task<void> {
    bool exited = false;
    const auto waiting = create_task(wait_for(refuse_until(now() + 200ms, &exited), 400ms));
    co_await asyncio::sleep(0s);
    waiting.cancel();
    const std::vector<join_handle<void>> only{waiting};
    auto ended = asyncio::wait(only);
    co_await std::move(ended);
    EXPECT_TRUE(exited);
  }());
}

TEST(cpython_waitfor_test, timed_out_it_ends_when_what_refuses_to_end_has_ended) {
  run_program([]() -> task<void> {
    bool exited = false;
    auto waiting = wait_for(refuse_until(now() + 200ms, &exited), 100ms);
    const std::string end = co_await end_of(std::move(waiting));
    EXPECT_EQ(end, "value");
    EXPECT_TRUE(exited);
  }());
}

task<void> clear_at_end(bool* running) {
  *running = true;
  const struct clears {
    ~clears() { *flag = false; }
    bool* flag;
  } at_end{running};
  co_await forever();
}

TEST(cpython_waitfor_test, a_task_that_ran_out_of_time_was_unwound_and_is_cancelled) {
  run_program([]() -> task<void> {
    for (const duration limit : {duration(0s), duration(-1s), duration(100ms)}) {
      bool running = false;
      const auto slow = create_task(clear_at_end(&running));
      co_await asyncio::sleep(0s);
      EXPECT_TRUE(running);
      const std::string end = co_await end_of(wait_for(slow, limit));
      EXPECT_EQ(end, "timeout");
      EXPECT_TRUE(slow.done());
      EXPECT_TRUE(slow.cancelled());
      EXPECT_FALSE(running);
    }
  }());
}

TEST(cpython_waitfor_test, a_future_that_a_callback_ends_gives_its_result) {
  run_program([]() -> task<void> {
    const auto one = get_running_loop().create_future<std::string>();
    auto waiting = wait_for(one, 200ms);
    get_running_loop().call_soon([one] { one.set_result("ok"); });
    const std::string result = co_await std::move(waiting);
    EXPECT_EQ(result, "ok");
  }());
}

task<void> clean_up_slowly(bool* done) {
  std::exception_ptr cancelled;
  try {
    co_await forever();
  } catch (const cancelled_error&) {
    cancelled = std::current_exception();
  }
  co_await asyncio::sleep(1ms);
  *done = true;
  std::rethrow_exception(cancelled);
}

TEST(cpython_waitfor_test, a_timeout_comes_after_the_cleanup_of_the_task) {
  run_program([]() -> task<void> {
    for (const duration limit : {duration(1ms), duration(0s)}) {
      bool done = false;
      const auto inner = create_task(clean_up_slowly(&done));
      co_await asyncio::sleep(1ms);
      const std::string end = co_await end_of(wait_for(inner, limit));
      EXPECT_EQ(end, "timeout");
      EXPECT_TRUE(done);
    }
  }());
}

task<int> throw_in_cleanup() {
  try {
    co_await asyncio::sleep(200ms);
  } catch (const cancelled_error&) {
    throw std::runtime_error("cleanup");
  }
  co_return 0;
}

TEST(cpython_waitfor_test, what_a_task_throws_in_answer_is_thrown_instead_of_a_timeout) {
  run_program([]() -> task<void> {
    const auto inner = create_task(throw_in_cleanup());
    const std::string end = co_await end_of(wait_for(inner, 1ms));
    EXPECT_EQ(end, "cleanup");
  }());
}

task<void> await_future(future<void> awaited) { co_await awaited; }

TEST(cpython_waitfor_test, cancelling_it_cancels_the_task_with_a_limit_and_without) {
  run_program([]() -> task<void> {
    for (const std::optional<duration> limit :
         {std::optional<duration>(), std::optional<duration>(60s)}) {
      const auto blocked = create_task(await_future(get_running_loop().create_future<void>()));
      const auto waiting = create_task(wait_for(blocked, limit));
      get_running_loop().call_soon([waiting] { waiting.cancel(); });
      const std::string end = co_await end_of(waiting);
      EXPECT_EQ(end, "cancelled");
      EXPECT_TRUE(blocked.cancelled());
    }
  }());
}

task<std::string> quick() { co_return "done"; }

task<void> wait_and_go_on(join_handle<std::string> inner, bool* reached_end) {
  co_await wait_for(inner, 100s);
  co_await asyncio::sleep(1s);
  *reached_end = true;
}

TEST(cpython_waitfor_test, cancelled_in_the_turn_in_which_the_task_ends_it_is_cancelled) {
  run_program([]() -> task<void> {
    const auto inner = create_task(quick());
    bool reached_end = false;
    const auto waiting = create_task(wait_and_go_on(inner, &reached_end));
    EXPECT_FALSE(waiting.done());
    co_await asyncio::sleep(0s);
    waiting.cancel();
    const std::string end = co_await end_of(waiting);
    EXPECT_EQ(end, "cancelled");
    EXPECT_TRUE(inner.done());
    const std::string result = co_await inner;
    EXPECT_EQ(result, "done");
    EXPECT_FALSE(reached_end);
  }());
}

task<std::string> done_after(duration wait) {
  co_await asyncio::sleep(wait);
  co_return "done";
}

TEST(cpython_waitfor_test, a_shielded_task_goes_on_when_the_time_of_its_shield_is_up) {
  run_program([]() -> task<void> {
    for (const duration limit : {duration(0s), duration(10ms)}) {
      const auto inner = create_task(done_after(100ms));
      const auto shielded = shield(inner);
      const std::string end = co_await end_of(wait_for(shielded, limit));
      EXPECT_EQ(end, "timeout");
      EXPECT_FALSE(inner.done());
      EXPECT_FALSE(inner.cancelled());
      EXPECT_TRUE(shielded.cancelled());
      co_await asyncio::sleep(100ms);
      EXPECT_TRUE(inner.done());
      const std::string result = co_await inner;
      EXPECT_EQ(result, "done");
    }
  }());
}

TEST(cpython_waitfor_test, without_a_limit_a_shielded_task_gives_its_result) {
  run_program([]() -> task<void> {
    const auto inner = create_task(done_after(100ms));
    auto waiting = wait_for(shield(inner), std::nullopt);
    const std::string result = co_await std::move(waiting);
    EXPECT_EQ(result, "done");
    EXPECT_TRUE(inner.done());
    EXPECT_EQ(inner.result(), "done");
  }());
}

}  // namespace
}  // namespace jackdaw::asyncio
