// tests/runtime/awaitable_test.cpp
//
// Goal: what can be awaited, and what that gives. Method: types, judged by the compiler.
#include <jackdaw/runtime/awaitable.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <coroutine>
#include <memory>
#include <string>

namespace jackdaw {
namespace {

/// An awaiter that is ready and gives the number it was made with.
struct ready_number {
  [[nodiscard]] bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] int await_resume() const noexcept { return number; }
  int number;
};

/// Gives another awaiter, by an operator that depends on how it is held.
struct two_faced {
  ready_number operator co_await() const& { return {1}; }
  ready_number operator co_await() && { return {2}; }
};

struct only_once {
  ready_number operator co_await() && { return {3}; }
};

struct never_ready {
  void await_ready() const {}
};

static_assert(awaitable<ready_number>);
static_assert(awaitable<ready_number&>);
static_assert(awaitable<two_faced&>);
static_assert(awaitable<only_once>);
static_assert(!awaitable<only_once&>);
static_assert(!awaitable<never_ready>);
static_assert(!awaitable<int>);
static_assert(!awaitable<std::string>);

static_assert(std::same_as<await_result<ready_number>, int>);
static_assert(std::same_as<await_result<only_once>, int>);
static_assert(std::same_as<await_result<task<void>>, void>);
static_assert(std::same_as<await_result<task<std::unique_ptr<int>>>, std::unique_ptr<int>>);
static_assert(std::same_as<await_result<task<int&>>, int&>);
static_assert(std::same_as<await_result<join_handle<int>>, int>);
static_assert(std::same_as<await_result<join_handle<int>&>, const int&>);
static_assert(std::same_as<await_result<join_handle<void>&>, void>);
static_assert(std::same_as<await_result<sleep>, void>);
static_assert(awaitable<task<int>>);
static_assert(!awaitable<task<int>&>, "a task is awaited once, so it is moved into the await");

TEST(awaitable_test, an_awaiter_is_its_own_awaiter) {
  ready_number number{7};
  EXPECT_EQ(&awaiter_of(number), &number);
  EXPECT_EQ(awaiter_of(ready_number{8}).await_resume(), 8);
}

TEST(awaitable_test, the_operator_is_chosen_as_co_await_would_choose_it) {
  two_faced both;
  EXPECT_EQ(awaiter_of(both).await_resume(), 1);
  EXPECT_EQ(awaiter_of(two_faced{}).await_resume(), 2);
  EXPECT_EQ(awaiter_of(only_once{}).await_resume(), 3);
}

}  // namespace
}  // namespace jackdaw
