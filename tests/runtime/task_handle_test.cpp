// tests/runtime/task_handle_test.cpp
//
// Goal: a hold on a task whose type nobody knows asks and cancels like the typed one, and all tasks that are
// not done can be listed. Method: over every runtime.
#include "../support/runtime_test.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::settled;

class task_handle_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_handle_test, all_kinds());

task<int> wait_for(event* gate) {
  co_await gate->wait();
  co_return 1;
}

task<int> fails() {
  throw std::out_of_range("no");
  co_return 1;
}

TEST_P(task_handle_test, it_is_the_same_task_as_the_typed_handles) {
  run([]() -> task<void> {
    event gate;
    const auto typed = spawn(wait_for(&gate), "waiter");
    const task_handle handle = typed;
    EXPECT_TRUE(handle);
    EXPECT_FALSE(task_handle());
    EXPECT_EQ(handle, task_handle(typed));
    EXPECT_EQ(handle.name(), "waiter");
    handle.set_name("renamed");
    EXPECT_EQ(typed.name(), "renamed");
    EXPECT_FALSE(handle.done());
    EXPECT_THROW(static_cast<void>(handle.exception()), invalid_state_error);
    co_await settled();
    EXPECT_TRUE(handle.cancel("enough"));
    EXPECT_EQ(handle.cancelling(), 1U);
    EXPECT_EQ(handle.uncancel(), 0U);
    EXPECT_THROW(co_await typed, cancelled_error);
    EXPECT_TRUE(handle.cancelled());
    EXPECT_FALSE(handle.cancel());
  }());
}

TEST_P(task_handle_test, asking_for_the_exception_fetches_it) {
  run([]() -> task<void> {
    task_handle handle;
    {
      const auto typed = spawn(fails());
      handle = typed;
      co_await settled();
    }
    EXPECT_TRUE(handle.done());
    EXPECT_NE(handle.exception(), nullptr);
  }());
}

TEST_P(task_handle_test, all_tasks_are_those_that_are_not_done) {  // S54
  run([]() -> task<void> {
    event gate;
    const auto waiter = spawn(wait_for(&gate), "waiter");
    auto listed = all_tasks_of(this_task::scheduler());
    EXPECT_EQ(listed.size(), 2U);
    EXPECT_EQ(std::count(listed.begin(), listed.end(), task_handle(waiter)), 1);
    gate.set();
    co_await waiter;
    listed = all_tasks_of(this_task::scheduler());
    EXPECT_EQ(std::count(listed.begin(), listed.end(), task_handle(waiter)), 0);
    EXPECT_EQ(listed.size(), 1U);
  }());
}

}  // namespace
}  // namespace jackdaw
