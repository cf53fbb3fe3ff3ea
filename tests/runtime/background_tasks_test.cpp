// tests/runtime/background_tasks_test.cpp
//
// Goal: background_tasks holds each task until it has ended, and no longer; those that are in it can be
// counted, cancelled and waited for, and it may go before them. Method: tasks behind gates, over every
// runtime; frames are counted; many that end while others come.
#include "../support/leak_check.hpp"
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/background_tasks.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::scaled;
using testing::settled;

class background_tasks_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(background_tasks_test, all_kinds());

task<void> wait_at(event& gate) { co_await gate.wait(); }

TEST_P(background_tasks_test, a_task_is_held_until_it_has_ended) {
  run([]() -> task<void> {
    background_tasks background;
    EXPECT_TRUE(background.empty());
    event gate;
    background.spawn(wait_at(gate));
    background.spawn(wait_at(gate), "named");
    EXPECT_EQ(background.size(), 2U);
    co_await settled();
    EXPECT_EQ(background.size(), 2U);
    gate.set();
    co_await settled();
    EXPECT_EQ(background.size(), 0U);
  }());
}

TEST_P(background_tasks_test, tasks_that_run_already_or_are_done_can_be_added) {
  run([]() -> task<void> {
    background_tasks background;
    event gate;
    const auto runs = spawn(wait_at(gate));
    background.add(runs);
    gate.set();
    co_await runs;
    background.add(runs);
    co_await settled();
    EXPECT_TRUE(background.empty());
  }());
}

TEST_P(background_tasks_test, all_can_be_cancelled_and_waited_for) {
  run([]() -> task<void> {
    background_tasks background;
    event never_set;
    const auto first = background.spawn(wait_at(never_set));
    const auto second = background.spawn(wait_at(never_set));
    co_await settled();
    EXPECT_EQ(background.cancel_all("enough"), 2U);
    co_await background.wait_all();
    EXPECT_TRUE(first.cancelled());
    EXPECT_TRUE(second.cancelled());
    co_await settled();
    EXPECT_EQ(background.cancel_all(), 0U);
    co_await background.wait_all();  // Nobody is left: it returns.
  }());
}

TEST_P(background_tasks_test, who_waits_for_all_may_leave_and_they_go_on) {
  run([]() -> task<void> {
    background_tasks background;
    event gate;
    const auto task = background.spawn(wait_at(gate));
    const auto waiter = spawn(background.wait_all());
    co_await settled();
    waiter.cancel();
    co_await settled();
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_FALSE(task.done());
    gate.set();
    co_await task;
    co_await settled();
  }());
}

TEST_P(background_tasks_test, what_a_task_throws_is_reported_when_it_leaves) {  // S179
  expect_failures();
  run([]() -> task<void> {
    background_tasks background;
    background.spawn(
        []() -> task<void> {
          throw std::runtime_error("boom");
          co_return;
        }(),
        "T");
    co_await settled();
    EXPECT_TRUE(background.empty());
  }());
  EXPECT_EQ(failures().text(), "Task exception was never retrieved|T|std::runtime_error: boom\n");
}

TEST_P(background_tasks_test, the_set_may_go_before_its_tasks) {
  run([]() -> task<void> {
    event gate;
    std::optional<background_tasks> background(std::in_place);
    const auto task = background->spawn(wait_at(gate));
    background.reset();
    co_await settled();
    EXPECT_FALSE(task.done());
    gate.set();
    co_await task;
    co_await settled();
  }());
}

TEST_P(background_tasks_test, tasks_that_never_end_go_with_the_runtime) {
  run([]() -> task<void> {
    const auto never_set = std::make_shared<event>();
    background_tasks background;
    background.spawn(
        [](std::shared_ptr<event> gate) -> task<void> { co_await gate->wait(); }(never_set));
    co_await settled();
  }());
}

TEST_P(background_tasks_test, tasks_come_from_tasks_while_others_end) {
  run([]() -> task<void> {
    background_tasks background;
    std::atomic<int> ended = 0;
    const auto leaf = [](std::atomic<int>& count) -> task<void> {
      co_await yield();
      ++count;
    };
    static constexpr int leaves_of_each = 20;
    const auto branch = [](background_tasks& set, std::atomic<int>& count,
                           decltype(leaf) make) -> task<void> {
      for (int index = 0; index < leaves_of_each; ++index) {
        set.spawn(make(count));
        co_await yield();
      }
    };
    const int branches = scaled(100);
    for (int index = 0; index < branches; ++index) {
      background.spawn(branch(background, ended, leaf));
    }
    co_await settled();
    EXPECT_EQ(ended, branches * leaves_of_each);
    EXPECT_TRUE(background.empty());
  }());
}

}  // namespace
}  // namespace jackdaw
