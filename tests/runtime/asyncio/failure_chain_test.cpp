// tests/runtime/asyncio/failure_chain_test.cpp
//
// Goal: who is told of a failure (S170 to S172): the loop's exception handler, the log if there is none or
// if it fails, stderr if that fails too; and what a handler throws to end the loop ends it. Method: handlers
// that write down what they are told, and throw what the test says. Against CPython: the conformance case
// call_exception_handler_fallbacks.
#include "../../support/runtime_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::asyncio {
namespace {

using jackdaw::testing::failure_log;
using jackdaw::testing::trace;

static_assert(std::is_constructible_v<exception_handler, void (*)(event_loop&, const failure&)>);
static_assert(!std::is_constructible_v<exception_handler, int>);

std::string stderr_of(const std::function<void()>& function) {
  ::testing::internal::CaptureStderr();
  function();
  return ::testing::internal::GetCapturedStderr();
}

loop_options logging_to(failure_handler log) {
  loop_options options;
  options.on_failure = std::move(log);
  return options;
}

class failure_chain_test : public ::testing::Test {
 protected:
  exception_handler writes() {
    return [this](event_loop& told_by, const failure& what) {
      EXPECT_EQ(&told_by, loop.get());
      log.add(what.message);
    };
  }
  template <class Error>
  static exception_handler throws(Error error) {
    return [error](event_loop& /*unused*/, const failure& /*unused*/) { throw error; };
  }
  /// Runs until nothing is left of this turn.
  void run_a_turn() {
    loop->stop();
    loop->run_forever();
  }

  failure_log logged;
  trace log;
  std::unique_ptr<event_loop> loop = std::make_unique<event_loop>(logging_to(logged.handler()));
};

TEST_F(failure_chain_test, a_handler_takes_the_place_of_the_log) {
  EXPECT_FALSE(loop->get_exception_handler());
  loop->report({"first", {}, nullptr});
  loop->set_exception_handler(writes());
  EXPECT_TRUE(loop->get_exception_handler());
  loop->report({"second", {}, nullptr});
  loop->set_exception_handler({});
  EXPECT_FALSE(loop->get_exception_handler());
  loop->report({"third", {}, nullptr});
  EXPECT_EQ(logged.text(), "first||no exception\nthird||no exception\n");
  EXPECT_EQ(log, "second");
}

TEST_F(failure_chain_test, a_failure_without_a_message_gets_one_in_the_log) {  // S172
  loop->call_exception_handler({{}, "T", nullptr});
  loop->default_exception_handler({{}, "U", nullptr});
  EXPECT_EQ(logged.text(),
            "Unhandled exception in event loop|T|no exception\n"
            "Unhandled exception in event loop|U|no exception\n");
}

TEST_F(failure_chain_test, a_handler_that_throws_is_reported_with_what_it_was_told) {  // S170
  loop->set_exception_handler(throws(std::runtime_error("broken")));
  loop->call_exception_handler({"lost", "T", nullptr});
  EXPECT_EQ(logged.text(), "Unhandled error in exception handler|T|std::runtime_error: broken\n");
  ASSERT_NE(logged.all().at(0).while_handling, nullptr);
  EXPECT_EQ(logged.all().at(0).while_handling->message, "lost");
}

TEST_F(failure_chain_test, a_log_that_throws_is_written_to_stderr) {
  const auto broken = [](const failure& /*unused*/) { throw std::runtime_error("full"); };
  event_loop bare(logging_to(broken));
  EXPECT_EQ(stderr_of([&] { bare.report({"lost", {}, nullptr}); }),
            "jackdaw: Exception in default exception handler: std::runtime_error: full\n");
  bare.set_exception_handler(throws(std::runtime_error("broken")));
  EXPECT_EQ(stderr_of([&] { bare.call_exception_handler({"lost", {}, nullptr}); }),
            "jackdaw: Exception in default exception handler while handling an unexpected error in "
            "custom exception handler: std::runtime_error: full\n");
  EXPECT_THROW(bare.default_exception_handler({"lost", {}, nullptr}), std::runtime_error);
}

TEST_F(failure_chain_test, what_is_meant_for_the_loop_leaves_the_chain) {
  loop->set_exception_handler(throws(keyboard_interrupt("now")));
  EXPECT_THROW(loop->call_exception_handler({"a", {}, nullptr}), keyboard_interrupt);
  loop->set_exception_handler(throws(system_exit("3")));
  EXPECT_THROW(loop->call_exception_handler({"b", {}, nullptr}), system_exit);
  EXPECT_EQ(logged.text(), "");
}

TEST_F(failure_chain_test, a_handler_told_by_a_callback_can_end_the_run) {
  loop->set_exception_handler(throws(system_exit("3")));
  loop->call_soon([] { throw std::runtime_error("boom"); });
  loop->call_soon([this] { log.add("next"); });
  EXPECT_THROW(run_a_turn(), system_exit);
  EXPECT_EQ(log, "");  // It is still queued.
  run_a_turn();
  EXPECT_EQ(log, "next");
}

TEST_F(failure_chain_test, outside_of_a_run_there_is_nothing_to_end) {
  loop->set_exception_handler(throws(keyboard_interrupt("now")));
  const std::string said = stderr_of([&] { loop->report({"lost", "T", nullptr}); });
  EXPECT_NE(said.find("jackdaw::keyboard_interrupt: now"), std::string::npos);
  run_a_turn();  // Nothing is thrown here.
}

TEST_F(failure_chain_test, warnings_go_to_the_log_only) {
  loop->set_exception_handler(writes());
  failure warning{"careful", {}, nullptr};
  warning.level = failure_level::warning;
  loop->report(warning);
  EXPECT_EQ(logged.text(), "careful||no exception\n");
  EXPECT_EQ(log, "");
}

TEST_F(failure_chain_test, a_handler_may_replace_itself) {
  loop->set_exception_handler([this](event_loop& told, const failure& what) {
    log.add(what.message);
    told.set_exception_handler({});
    log.add("still_there");
  });
  loop->report({"first", {}, nullptr});
  loop->report({"second", {}, nullptr});
  EXPECT_EQ(log, "first still_there");
  EXPECT_EQ(logged.text(), "second||no exception\n");
}

TEST_F(failure_chain_test, a_result_that_outlives_the_loop_is_reported_to_the_log) {  // S179
  loop->set_exception_handler(writes());
  std::optional<future<int>> first(*loop);
  std::optional<future<int>> second(*loop);
  first->set_exception(std::runtime_error("boom"));
  second->set_exception(std::runtime_error("late"));
  first.reset();
  EXPECT_EQ(log, "Future exception was never retrieved");
  loop.reset();
  second.reset();
  EXPECT_EQ(logged.text(), "Future exception was never retrieved||std::runtime_error: late\n");
}

TEST_F(failure_chain_test, a_failure_says_what_it_happened_to) {  // S171
  std::vector<failure> told;
  loop->set_exception_handler(
      [&](event_loop& /*unused*/, const failure& what) { told.push_back(what); });
  loop->call_soon([] { throw std::runtime_error("in a callback"); });
  static_cast<void>(loop->create_task(
      []() -> task<int> {
        throw std::runtime_error("in a task");
        co_return 1;
      }(),
      "T"));
  {
    const future<int> lost(*loop);
    lost.set_exception(std::runtime_error("in a future"));
  }
  run_a_turn();
  static_cast<void>(loop->create_task([]() -> task<void> { co_await yield(); }(), "left"));
  loop->close();
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0].source, failure_source::future);
  EXPECT_EQ(told[1].source, failure_source::handle);
  EXPECT_EQ(told[2].source, failure_source::task);
  EXPECT_EQ(told[2].task_name, "T");
  EXPECT_EQ(told[3].message, "Task was destroyed but it is pending!");
  EXPECT_EQ(told[3].source, failure_source::task);
  EXPECT_NE(std::string(told[3].where.file_name()).find("failure_chain_test"), std::string::npos);
}

}  // namespace
}  // namespace jackdaw::asyncio
