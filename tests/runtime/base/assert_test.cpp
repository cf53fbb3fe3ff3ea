// tests/runtime/base/assert_test.cpp
//
// Goal: a broken invariant ends the program, and says which one and where. Method: death tests.
#include <jackdaw/runtime/base/assert.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace jackdaw {
namespace {

constexpr int checked_half(int number) {
  JACKDAW_ASSERT(number % 2 == 0);
  return number / 2;
}

TEST(assert_test, a_failed_assertion_names_the_condition_the_file_and_the_line) {
  EXPECT_DEATH(JACKDAW_ASSERT(1 + 1 == 3),
               "assertion failed at .*assert_test\\.cpp:[0-9]+: 1 \\+ 1 == 3");
}

TEST(assert_test, it_aborts_so_that_there_is_a_core) {
  EXPECT_EXIT(checked_half(3), ::testing::KilledBySignal(SIGABRT), "number % 2 == 0");
}

TEST(assert_test, the_condition_is_evaluated_once) {
  int evaluated = 0;
  JACKDAW_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(assert_test, whatever_converts_to_bool_explicitly_is_a_condition) {
  const auto owner = std::make_unique<int>(1);
  JACKDAW_ASSERT(owner);
  EXPECT_DEATH(JACKDAW_ASSERT(std::unique_ptr<int>()), "std::unique_ptr<int>\\(\\)");
}

TEST(assert_test, an_assertion_that_holds_may_stand_in_a_constant_expression) {
  static_assert(checked_half(4) == 2);
}

TEST(assert_test, it_is_an_expression) {
  const int chosen = (JACKDAW_ASSERT(true), 7);
  EXPECT_EQ(chosen, 7);
}

}  // namespace
}  // namespace jackdaw
