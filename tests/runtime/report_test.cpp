// tests/runtime/report_test.cpp
//
// Goal: what people read when something failed, and the warning for coroutines that are dropped before they
// begin: once for each that was forgotten, and in no program in which nobody forgot one. Method: exceptions
// and functions of all kinds, a captured stderr; coroutines that are dropped in all ways, over every runtime.
#include "../support/runtime_test.hpp"
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw {
namespace {

struct homemade {};

template <class Error>
std::string described(Error error) {
  return describe(std::make_exception_ptr(error));
}

std::string reported(const failure& failure) {
  ::testing::internal::CaptureStderr();
  report_to_stderr(failure);
  return ::testing::internal::GetCapturedStderr();
}

TEST(report_test, an_exception_is_its_type_and_what_it_says) {
  EXPECT_EQ(described(std::runtime_error("boom")), "std::runtime_error: boom");
  EXPECT_EQ(described(timeout_error()), "jackdaw::timeout_error: the operation timed out");
}

TEST(report_test, a_cancellation_is_its_type_and_its_message_if_there_is_one) {
  EXPECT_EQ(described(cancelled_error("shutdown")), "jackdaw::cancelled_error: shutdown");
  EXPECT_EQ(described(cancelled_error()), "jackdaw::cancelled_error");
}

TEST(report_test, the_type_is_the_one_that_was_thrown_not_the_one_that_was_caught) {
  EXPECT_EQ(described(std::out_of_range("far")), "std::out_of_range: far");
  EXPECT_EQ(described(keyboard_interrupt("now")), "jackdaw::keyboard_interrupt: now");
}

TEST(report_test, whatever_else_is_thrown_is_its_type) {
  EXPECT_EQ(described(42), "int");
  EXPECT_NE(described(homemade{}).find("homemade"), std::string::npos);
}

TEST(report_test, no_exception_is_said_to_be_none) { EXPECT_EQ(describe(nullptr), "no exception"); }

TEST(report_test, a_report_is_one_line_of_message_task_and_exception) {
  EXPECT_EQ(
      reported({"Task exception was never retrieved", "Task-1",
                std::make_exception_ptr(std::runtime_error("boom"))}),
      "jackdaw: Task exception was never retrieved (task Task-1): std::runtime_error: boom\n");
}

TEST(report_test, what_is_missing_is_left_out) {
  EXPECT_EQ(reported({"Something", {}, nullptr}), "jackdaw: Something\n");
  EXPECT_EQ(reported({"Something", "name", nullptr}), "jackdaw: Something (task name)\n");
  EXPECT_EQ(reported({"Something", {}, std::make_exception_ptr(1)}), "jackdaw: Something: int\n");
}

TEST(report_test, a_place_is_written_at_the_end_of_the_line) {
  failure lost{"lost", {}, nullptr};
  lost.where = std::source_location::current();
  const std::string place =
      std::string(lost.where.file_name()) + ":" + std::to_string(lost.where.line());
  EXPECT_EQ(reported(lost), "jackdaw: lost (" + place + ")\n");
}

template <class T>
struct box {
  std::source_location in_template(T /*unused*/) const { return std::source_location::current(); }
  std::source_location operator()() const { return std::source_location::current(); }
};

template <class F>
struct result_of {};
template <class T>
std::pair<result_of<int(T, void (*)(T))>, std::source_location> returns_much(T /*unused*/) {
  return {{}, std::source_location::current()};
}
std::source_location plain() { return std::source_location::current(); }
std::pair<int, std::source_location> takes_function(void (* /*unused*/)(int)) {
  return {0, std::source_location::current()};
}
template <class... Ts>
std::source_location generic(Ts... /*unused*/) {
  return std::source_location::current();
}

TEST(report_test, a_function_is_named_without_its_scopes_types_and_parameters) {
  EXPECT_EQ(function_name(plain()), "plain");
  EXPECT_EQ(function_name(takes_function(nullptr).second), "takes_function");
  EXPECT_EQ(function_name(box<std::string>().in_template("x")), "in_template");
  EXPECT_EQ(function_name(generic(1, std::string())), "generic");
  EXPECT_EQ(function_name(returns_much(1).second), "returns_much");
  EXPECT_EQ(function_name(box<int>()()), "operator()");
  EXPECT_EQ(function_name([](int) { return std::source_location::current(); }(1)), "<lambda>");
  EXPECT_EQ(function_name([](auto) { return std::source_location::current(); }(1)), "<lambda>");
}

class never_awaited_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(never_awaited_test, testing::all_kinds());

task<int> forgotten(int value) { co_return value; }
task<int> passes_on(task<int> inner) { co_return co_await std::move(inner); }

constexpr const char* forgotten_once = "coroutine 'forgotten' was never awaited||no exception\n";

TEST_P(never_awaited_test, a_coroutine_that_is_dropped_before_it_began_is_warned_of) {  // S182
  expect_failures();
  run([]() -> task<void> {
    static_cast<void>(forgotten(1));
    co_return;
  }());
  EXPECT_EQ(failures().text(), forgotten_once);
  const failure warning = failures().all().at(0);
  EXPECT_EQ(warning.level, failure_level::warning);
  EXPECT_EQ(warning.source, failure_source::coroutine);
  EXPECT_NE(std::string(warning.where.file_name()).find("report_test.cpp"), std::string::npos);
}

TEST_P(never_awaited_test, one_that_is_replaced_is_warned_of_and_one_that_is_moved_is_not) {
  expect_failures();
  run([]() -> task<void> {
    auto first = forgotten(1);
    auto second = std::move(first);
    second = forgotten(2);
    EXPECT_EQ(co_await std::move(second), 2);
  }());
  EXPECT_EQ(failures().text(), forgotten_once);
}

TEST_P(never_awaited_test, what_a_dropped_coroutine_was_given_is_warned_of_after_it) {
  expect_failures();
  run([]() -> task<void> {
    static_cast<void>(passes_on(forgotten(1)));
    co_return;
  }());
  EXPECT_EQ(
      failures().text(),
      std::string("coroutine 'passes_on' was never awaited||no exception\n") + forgotten_once);
}

TEST_P(never_awaited_test, one_that_ended_or_was_left_half_way_is_not_warned_of) {
  run([]() -> task<void> {
    co_await forgotten(1);
    auto kept = forgotten(2);
    co_await std::move(kept);
    auto all = gather(forgotten(3), passes_on(forgotten(4)));
    co_await std::move(all);
    const auto waits = spawn([]() -> task<void> { co_await sleep(std::chrono::hours(1)); }());
    co_await testing::settled();
    waits.cancel();
    co_await testing::settled();
    EXPECT_TRUE(waits.cancelled());
  }());
}

TEST_P(never_awaited_test, an_exception_that_passes_by_is_no_reason_to_warn) {
  run([]() -> task<void> {
    const auto throws = [](task<int> /*unused*/) -> int { throw std::runtime_error("refused"); };
    try {
      const auto unused = forgotten(1);
      throws(forgotten(2));
    } catch (const std::runtime_error&) {
    }
    co_return;
  }());
}

TEST_P(never_awaited_test, a_task_that_is_cancelled_before_it_began_takes_its_arguments_silently) {
  run([]() -> task<void> {
    if (current_scheduler().concurrent()) {
      co_return;  // It might have begun.
    }
    const auto task = spawn(passes_on(forgotten(1)));
    task.cancel();
    co_await testing::settled();
    EXPECT_TRUE(task.cancelled());
  }());
}

task<int> passes_on_later(task<int> inner, event& gate) {
  co_await gate.wait();
  co_return co_await std::move(inner);
}

TEST_P(never_awaited_test, a_coroutine_that_is_cancelled_takes_what_it_had_not_awaited_silently) {
  run([]() -> task<void> {
    event never_set;
    const auto root = spawn(passes_on_later(forgotten(1), never_set));
    const auto nested = spawn(passes_on(passes_on_later(forgotten(2), never_set)));
    co_await testing::settled();
    root.cancel();
    nested.cancel();
    co_await testing::settled();
    EXPECT_TRUE(root.cancelled());
    EXPECT_TRUE(nested.cancelled());
  }());
}

TEST(never_awaited_outside_test, without_a_scheduler_nobody_is_told) {
  ::testing::internal::CaptureStderr();
  {
    const auto unused = forgotten(1);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace jackdaw
