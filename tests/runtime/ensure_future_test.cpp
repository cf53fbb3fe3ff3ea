// tests/runtime/ensure_future_test.cpp
//
// Goal: what several may await: coroutines become tasks, what is a handle stays the same. Method: types,
// judged by the compiler, and handles that are compared, over every runtime.
#include "../support/runtime_test.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <string>
#include <utility>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::settled;

class ensure_future_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(ensure_future_test, all_kinds());

static_assert(std::same_as<ensured<task<int>>, join_handle<int>>);
static_assert(std::same_as<ensured<join_handle<int>>, join_handle<int>>);
static_assert(std::same_as<ensured<future<int>>, future<int>>);
static_assert(std::same_as<ensured_value<task<void>>, void>);
static_assert(std::same_as<ensured_value<future<std::string>>, std::string>);
static_assert(future_like<task<std::unique_ptr<int>>>);
static_assert(future_like<future<void>>);
static_assert(!future_like<int>);
static_assert(!future_like<event>);
static_assert(is_coroutine<task<int>>);
static_assert(!is_coroutine<join_handle<int>>);

task<int> give(std::atomic<int>& started) {
  ++started;
  co_return 7;
}

TEST_P(ensure_future_test, a_coroutine_is_started_as_a_task_of_its_own) {  // S107
  run([]() -> task<void> {
    std::atomic<int> started = 0;
    const join_handle<int> handle = ensure_future(give(started));
    EXPECT_NE(handle.name(), this_task::name());
    const int value = co_await handle;
    EXPECT_EQ(value, 7);
    EXPECT_EQ(started, 1);
  }());
}

TEST_P(ensure_future_test, a_task_stays_the_same_task) {  // S107
  run([]() -> task<void> {
    std::atomic<int> started = 0;
    const auto handle = spawn(give(started));
    const auto same = ensure_future(handle);
    EXPECT_TRUE(same == handle);
    co_await same;
    EXPECT_EQ(started, 1);
  }());
}

TEST_P(ensure_future_test, a_future_stays_the_same_future) {  // S107
  run([]() -> task<void> {
    const future<int> one;
    const auto same = ensure_future(one);
    EXPECT_TRUE(same == one);
    one.set_result(1);
    EXPECT_EQ(same.result(), 1);
    co_return;
  }());
}

TEST_P(ensure_future_test, a_gather_stays_the_same_gather) {
  run([]() -> task<void> {
    std::atomic<int> started = 0;
    auto both = gather(give(started), give(started));
    const auto same = ensure_future(both);
    EXPECT_TRUE(same == both);
    co_await settled();
    EXPECT_TRUE(same.done());
    EXPECT_EQ(started, 2);
  }());
}

}  // namespace
}  // namespace jackdaw
