// tests/runtime/shield_test.cpp
//
// Goal: shield() (runtime/gather.hpp): its waiter may leave at any moment, and the task goes on. Method:
// traces over every runtime; waiters that leave while the task ends on another worker.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <stdexcept>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::all_kinds;
using testing::scaled;
using testing::settled;

class shield_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(shield_test, all_kinds());

task<void> fail_after(event& gate) {
  co_await gate.wait();
  throw std::runtime_error("boom");
}

template <class T>
task<T> await_shielded(join_handle<T> inner) {
  co_return co_await shield(inner);
}

TEST_P(shield_test, an_exception_is_reported_if_the_waiter_left_before) {  // S103
  expect_failures();
  run([]() -> task<void> {
    event gate;
    {
      auto inner = spawn(fail_after(gate), "inner");
      const auto waiter = spawn(await_shielded(inner));
      co_await settled();
      waiter.cancel();
      co_await settled();
      EXPECT_TRUE(waiter.cancelled());
      EXPECT_FALSE(inner.done());
    }
    gate.set();
    co_await settled();
  }());
  EXPECT_EQ(failures().text(),
            "Task exception was never retrieved|inner|std::runtime_error: boom\n");
}

task<void> yield_some(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

// Waits behind a shield, is cancelled, and then waits for something that nobody ends early.
task<bool> leave_and_wait(join_handle<void> inner, event& never_set) {
  bool left = false;
  try {
    co_await shield(inner);
  } catch (const cancelled_error&) {
    left = true;
  }
  if (left) {
    try {
      co_await never_set.wait();
      co_return false;
    } catch (const cancelled_error&) {
    }
  }
  co_return true;
}

TEST_P(shield_test, the_end_of_the_task_wakes_no_waiter_that_has_left) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      event never_set;
      auto inner = spawn(yield_some(round % 4));
      auto waiter = spawn(leave_and_wait(inner, never_set));
      co_await yield_some(round % 3);
      waiter.cancel();
      co_await inner;
      while (!waiter.done()) {  // Two requests may have been delivered as one (S71).
        co_await yield();
        waiter.cancel();
      }
      bool undisturbed = true;
      try {
        undisturbed = co_await std::move(waiter);
      } catch (const cancelled_error&) {
      }
      EXPECT_TRUE(undisturbed) << "round " << round;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
