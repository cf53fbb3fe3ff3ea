// tests/runtime/this_task_test.cpp
//
// Goal: what a task learns about itself is about itself, wherever it runs, and what it asks of
// itself is delivered at its next suspension. Method: tasks that ask before and after awaits, over
// every runtime; what is seen from inside is compared with what the handle says.
#include "../support/leak_check.hpp"
#include "../support/runtime_test.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::settled;

class this_task_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(this_task_test, all_kinds());

// -- Names --------------------------------------------------------------------------------------

task<std::string> name_in_a_child() {
  co_await yield();
  co_return this_task::name();
}

task<void> keeps_its_name(std::string expected) {
  for (int turn = 0; turn < 20; ++turn) {
    EXPECT_EQ(this_task::name(), expected);
    const std::string seen_below = co_await name_in_a_child();
    EXPECT_EQ(seen_below, expected);
  }
}

TEST_P(this_task_test, the_name_is_that_of_the_task_at_any_depth_and_after_any_wait) {  // S53
  run([]() -> task<void> {
    EXPECT_EQ(this_task::name(), "main");
    std::vector<join_handle<void>> all;
    for (int index = 0; index < 20; ++index) {
      const std::string name = "number " + std::to_string(index);
      all.push_back(spawn(keeps_its_name(name), name));
    }
    for (const join_handle<void>& each : all) {
      co_await each;
    }
    EXPECT_EQ(this_task::name(), "main");
  }());
}

TEST_P(this_task_test, a_task_can_rename_itself_and_others_see_it) {  // S52
  run([]() -> task<void> {
    const auto renamed = spawn(
        []() -> task<void> {
          this_task::set_name(std::string(100, 'x'));
          EXPECT_EQ(this_task::name(), std::string(100, 'x'));
          co_await yield();
          this_task::set_name("short");
        }(),
        "first");
    const auto unnamed = spawn([]() -> task<std::string> { co_return this_task::name(); }());
    EXPECT_EQ(unnamed.name().rfind("Task-", 0), 0U);
    const std::string seen_inside = co_await unnamed;
    EXPECT_EQ(seen_inside, unnamed.name());
    co_await renamed;
    EXPECT_EQ(renamed.name(), "short");
  }());
}

TEST_P(this_task_test, the_scheduler_is_the_one_that_runs_the_task) {
  run([]() -> task<void> {
    const scheduler* const home = &this_task::scheduler();
    const auto child = spawn([](const scheduler* home) -> task<void> {
      EXPECT_EQ(&this_task::scheduler(), home);
      co_await yield();
      EXPECT_EQ(&this_task::scheduler(), home);
      EXPECT_EQ(&current_task().home(), home);
    }(home));
    co_await child;
  }());
}

// -- Cancelling itself ----------------------------------------------------------------------------

task<int> at_once(int number) { co_return number; }

/// What is awaited without waiting, in a task that has asked for its own end.
task<void> awaits_that_do_not_suspend() {
  const int number = co_await at_once(3);
  EXPECT_EQ(number, 3);
  event is_set;
  is_set.set();
  co_await is_set.wait();
  mutex is_free;
  co_await is_free.lock();
  EXPECT_TRUE(is_free.is_locked());
  is_free.unlock();
  semaphore has_permits(1);
  co_await has_permits.acquire();
  has_permits.release();
  queue<int> has_room(1);
  co_await has_room.put(4);
  const int item = co_await has_room.get();
  EXPECT_EQ(item, 4);
}

TEST_P(this_task_test, it_is_cancelled_at_its_next_suspension_and_not_before) {  // S41, S69
  run([]() -> task<void> {
    bool went_on = false;
    const auto suicidal = spawn([](bool& went_on) -> task<void> {
      this_task::cancel("enough");
      co_await awaits_that_do_not_suspend();
      went_on = true;
      std::string message;
      try {
        co_await sleep(24h);
      } catch (const cancelled_error& error) {
        message = error.message();
      }
      EXPECT_EQ(message, "enough");
      co_await sleep(1ms);  // Once is enough (S76).
    }(went_on));
    co_await suicidal;
    EXPECT_TRUE(went_on);
    EXPECT_FALSE(suicidal.cancelled());
    EXPECT_EQ(suicidal.cancelling(), 1U);
  }());
}

TEST_P(this_task_test, a_request_that_is_still_due_at_the_end_takes_the_result) {  // S70
  run([]() -> task<void> {
    const auto returned = spawn([]() -> task<int> {
      this_task::cancel("m");
      co_return 42;
    }());
    std::string message;
    try {
      co_await returned;
    } catch (const cancelled_error& error) {
      message = error.message();
    }
    EXPECT_EQ(message, "m");
    EXPECT_TRUE(returned.cancelled());
    const auto failed = spawn([]() -> task<int> {
      this_task::cancel();
      throw std::runtime_error("wins");
      co_return 0;
    }());
    co_await settled();
    EXPECT_FALSE(failed.cancelled());
    EXPECT_THROW(failed.result(), std::runtime_error);
  }());
}

// -- Counting -----------------------------------------------------------------------------------

task<bool> yield_is_cancelled() {
  try {
    co_await yield();
    co_return false;
  } catch (const cancelled_error&) {
    co_return true;
  }
}

TEST_P(this_task_test, requests_are_counted_and_catching_the_error_takes_none_back) {  // S71, S72
  run([]() -> task<void> {
    const auto counting = spawn([]() -> task<void> {
      EXPECT_EQ(this_task::cancelling(), 0U);
      this_task::cancel();
      this_task::cancel();
      EXPECT_EQ(this_task::cancelling(), 2U);
      const bool first = co_await yield_is_cancelled();
      EXPECT_TRUE(first);
      EXPECT_EQ(this_task::cancelling(), 2U);
      const bool second = co_await yield_is_cancelled();
      EXPECT_FALSE(second);
      EXPECT_EQ(this_task::uncancel(), 1U);
      EXPECT_EQ(this_task::uncancel(), 0U);
      EXPECT_EQ(this_task::uncancel(), 0U);
      EXPECT_EQ(this_task::cancelling(), 0U);
    }());
    co_await counting;
    EXPECT_EQ(counting.cancelling(), 0U);
    EXPECT_EQ(this_task::cancelling(), 0U);
  }());
}

TEST_P(this_task_test, taking_the_last_request_back_drops_it_if_it_is_still_due) {  // S73
  run([]() -> task<void> {
    const auto undecided = spawn([]() -> task<void> {
      this_task::cancel();
      EXPECT_EQ(this_task::uncancel(), 0U);
      const bool after_none = co_await yield_is_cancelled();
      EXPECT_FALSE(after_none);
      this_task::cancel();
      this_task::cancel();
      EXPECT_EQ(this_task::uncancel(), 1U);
      const bool after_one = co_await yield_is_cancelled();
      EXPECT_TRUE(after_one);
      EXPECT_EQ(this_task::uncancel(), 0U);
    }());
    co_await undecided;
    EXPECT_FALSE(undecided.cancelled());
  }());
}

TEST_P(this_task_test, a_task_is_asked_for_itself_and_not_for_the_one_it_awaits) {
  run([]() -> task<void> {
    const auto outer = spawn([]() -> task<void> {
      const auto inner = spawn([]() -> task<std::uint32_t> {
        this_task::cancel();
        const bool cancelled = co_await yield_is_cancelled();
        EXPECT_TRUE(cancelled);
        co_return this_task::cancelling();
      }());
      const std::uint32_t of_inner = co_await inner;
      EXPECT_EQ(of_inner, 1U);
      EXPECT_EQ(this_task::cancelling(), 0U);
    }());
    co_await outer;
    EXPECT_EQ(outer.cancelling(), 0U);
  }());
}

// -- Outside ------------------------------------------------------------------------------------

TEST(this_task_outside_test, without_a_runtime_there_is_no_scheduler) {
  EXPECT_THROW(static_cast<void>(this_task::scheduler()), std::logic_error);
}

TEST(this_task_outside_test, asking_for_a_task_where_there_is_none_stops_the_program) {
  EXPECT_DEATH(static_cast<void>(this_task::name()), "assertion failed.*task != nullptr");
}

}  // namespace
}  // namespace jackdaw
