// tests/runtime/base/function_ref_test.cpp
//
// Goal: a function_ref calls what it refers to, in place. Method: callables with state, and overloads that
// tell how they were called.
#include <jackdaw/runtime/base/function_ref.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace jackdaw {
namespace {

int twice(int number) { return 2 * number; }

int call(function_ref<int(int)> function, int number) { return function(number); }

TEST(function_ref_test, it_calls_the_callers_object_and_not_a_copy) {
  int calls = 0;
  auto counted = [&calls, own = 0](int number) mutable {
    ++calls;
    own += number;
    return own;
  };
  EXPECT_EQ(call(counted, 2), 2);
  EXPECT_EQ(call(counted, 3), 5);
  EXPECT_EQ(calls, 2);
}

TEST(function_ref_test, it_refers_to_functions_and_temporaries) {
  EXPECT_EQ(call(*+[](int number) { return number + 1; }, 1), 2);
  EXPECT_EQ(call([](int number) { return twice(number); }, 4), 8);
}

TEST(function_ref_test, a_copy_refers_to_the_same) {
  int calls = 0;
  const auto count = [&calls] { ++calls; };
  const function_ref<void()> first = count;
  const function_ref<void()> second = first;  // NOLINT: the copy is the subject.
  first();
  second();
  EXPECT_EQ(calls, 2);
}

TEST(function_ref_test, arguments_that_cannot_be_copied_are_moved) {
  const auto take = [](std::unique_ptr<int> number) { return *number; };
  const function_ref<int(std::unique_ptr<int>)> reference = take;
  EXPECT_EQ(reference(std::make_unique<int>(7)), 7);
}

TEST(function_ref_test, only_what_can_be_called_so_converts) {
  EXPECT_TRUE((std::is_constructible_v<function_ref<int(int)>, int (&)(int)>));
  EXPECT_FALSE((std::is_constructible_v<function_ref<int(int)>, int>));
  EXPECT_FALSE((std::is_constructible_v<function_ref<int()>, int (&)(int)>));
}

}  // namespace
}  // namespace jackdaw
