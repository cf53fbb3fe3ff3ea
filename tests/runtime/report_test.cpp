// tests/runtime/report_test.cpp
//
// Goal: what people read when something failed. Method: exceptions of all kinds, and a captured stderr.
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/report.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

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

}  // namespace
}  // namespace jackdaw
