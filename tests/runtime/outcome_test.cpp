// tests/runtime/outcome_test.cpp
//
// Goal: a value or an exception, kept, moved and destroyed once. Method: values that count their lives.
#include <jackdaw/runtime/outcome.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace jackdaw {
namespace {

static_assert(std::is_same_v<stored_type<void>, nothing>);
static_assert(std::is_same_v<stored_type<int&>, int*>);
static_assert(std::is_same_v<stored_type<const int&>, const int*>);
static_assert(std::is_same_v<stored_type<std::string>, std::string>);
static_assert(nothing{} == nothing{});
static_assert(std::is_copy_constructible_v<outcome<int>>);
static_assert(!std::is_copy_constructible_v<outcome<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<outcome<int>>);

std::exception_ptr boom() { return std::make_exception_ptr(std::runtime_error("boom")); }

class counted {
 public:
  counted() { ++alive; }
  counted(counted&&) noexcept { ++alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  counted& operator=(counted&&) = delete;
  ~counted() { --alive; }
  static inline int alive = 0;
};

TEST(outcome_test, a_new_one_is_empty) {
  const outcome<int> result;
  EXPECT_TRUE(result.empty());
  EXPECT_FALSE(result.has_value());
  EXPECT_FALSE(result.has_exception());
}

TEST(outcome_test, asking_an_empty_one_is_a_bug_of_the_caller) {
  outcome<int> result;
  EXPECT_DEATH(static_cast<void>(result.take_value()), "kind::empty");
  EXPECT_DEATH(static_cast<void>(result.value()), "kind::empty");
}

TEST(outcome_test, a_value_can_be_looked_at_and_taken) {
  outcome<std::string> result;
  result.set_value(3U, 'x');
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(result.value(), "xxx");
  EXPECT_EQ(std::as_const(result).value(), "xxx");
  result.value() += "y";
  EXPECT_EQ(result.take_value(), "xxxy");
}

TEST(outcome_test, a_value_may_be_movable_only) {
  outcome<std::unique_ptr<int>> result;
  result.set_value(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = result.take_value();
  EXPECT_EQ(*taken, 7);
  EXPECT_EQ(result.value(), nullptr);
}

TEST(outcome_test, an_exception_is_thrown_each_time_it_is_asked) {
  outcome<int> result;
  result.set_exception(boom());
  EXPECT_TRUE(result.has_exception());
  EXPECT_NE(result.exception(), nullptr);
  for (int time = 0; time < 2; ++time) {
    EXPECT_THROW(result.take_value(), std::runtime_error);
    EXPECT_THROW(static_cast<void>(result.value()), std::runtime_error);
    EXPECT_THROW(result.rethrow_if_exception(), std::runtime_error);
  }
}

TEST(outcome_test, void_has_a_value_too) {
  outcome<void> result;
  EXPECT_FALSE(result.has_value());
  result.set_value();
  EXPECT_TRUE(result.has_value());
  result.take_value();
  EXPECT_EQ(result.value(), nothing{});
  result.set_exception(boom());
  EXPECT_THROW(result.take_value(), std::runtime_error);
}

TEST(outcome_test, void_takes_one_word_and_is_copied_and_moved_like_others) {
  static_assert(sizeof(outcome<void>) == sizeof(void*));
  outcome<void> nothing_yet;
  outcome<void> value;
  value.set_value();
  outcome<void> error;
  error.set_exception(boom());
  for (const outcome<void>* const source : {&nothing_yet, &value, &error}) {
    for (const outcome<void>* const before : {&nothing_yet, &value, &error}) {
      outcome<void> copy(*before);
      copy = *source;
      EXPECT_EQ(copy.empty(), source->empty());
      EXPECT_EQ(copy.has_value(), source->has_value());
      EXPECT_EQ(copy.error_or_null(), source->error_or_null());
      const outcome<void> moved(std::move(copy));
      EXPECT_EQ(moved.has_value(), source->has_value());
      EXPECT_EQ(moved.error_or_null(), source->error_or_null());
    }
  }
  outcome<void>& itself = error;
  error = itself;
  EXPECT_THROW(error.view(), std::runtime_error);
  error.set_value();
  EXPECT_EQ(error.error_or_null(), nullptr);
}

TEST(outcome_test, a_reference_stays_the_same_object) {
  int number = 1;
  outcome<int&> result;
  result.set_value(&number);
  result.take_value() = 2;
  EXPECT_EQ(number, 2);
  EXPECT_EQ(&result.take_value(), &number);
  outcome<int&&> moved;
  moved.set_value(&number);
  static_assert(std::is_same_v<decltype(moved.take_value()), int&&>);
  EXPECT_EQ(moved.take_value(), 2);
}

TEST(outcome_test, values_are_destroyed_when_they_are_replaced_and_at_the_end) {
  counted::alive = 0;
  {
    outcome<counted> result;
    EXPECT_EQ(counted::alive, 0);
    result.set_value();
    EXPECT_EQ(counted::alive, 1);
    result.set_value();
    EXPECT_EQ(counted::alive, 1);
    result.set_exception(boom());
    EXPECT_EQ(counted::alive, 0);
    result.set_value();
  }
  EXPECT_EQ(counted::alive, 0);
}

TEST(outcome_test, a_value_that_cannot_be_made_leaves_it_empty) {
  struct refuses {
    explicit refuses(int) { throw std::runtime_error("no"); }
  };
  outcome<refuses> result;
  EXPECT_THROW(result.set_value(1), std::runtime_error);
  EXPECT_TRUE(result.empty());
}

TEST(outcome_test, moving_takes_the_kind_along) {
  outcome<std::string> value;
  value.set_value("text");
  outcome<std::string> taken(std::move(value));
  EXPECT_EQ(taken.value(), "text");

  outcome<std::string> error;
  error.set_exception(boom());
  taken = std::move(error);
  EXPECT_THROW(static_cast<void>(taken.value()), std::runtime_error);

  taken = outcome<std::string>();
  EXPECT_TRUE(taken.empty());
}

TEST(outcome_test, assigning_it_to_itself_changes_nothing) {
  outcome<std::string> result;
  result.set_value("text");
  outcome<std::string>& same = result;
  result = std::move(same);
  EXPECT_EQ(result.value(), "text");
}

TEST(outcome_test, moved_values_are_destroyed_on_both_sides) {
  counted::alive = 0;
  {
    outcome<counted> from;
    from.set_value();
    outcome<counted> into(std::move(from));
    EXPECT_TRUE(into.has_value());
    outcome<counted> assigned;
    assigned.set_value();
    assigned = std::move(into);
    EXPECT_EQ(counted::alive, 3);
  }
  EXPECT_EQ(counted::alive, 0);
}

}  // namespace
}  // namespace jackdaw
