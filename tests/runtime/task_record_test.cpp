// tests/runtime/task_record_test.cpp
//
// Goal: the word of a task: one suspension has one winner, and a request that was accepted is
// delivered, from whatever thread it comes. Method: tasks that change between waits of different kinds
// as fast as they can, and threads that cancel them.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"

#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <thread>

namespace jackdaw {
namespace {

using testing::parallel_kinds;
using testing::scaled;
using testing::settled;

class task_record_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_record_test, parallel_kinds());

task<void> yield_once() { co_await yield{}; }

task<void> set_after_a_turn(event& gate) {
  co_await yield{};
  gate.set();
}

// Alternates between a wait that a canceller may end (an event) and waits that have a hook (a join).
task<void> alternate(std::atomic<bool>& stop, std::atomic<int>& interrupted) {
  while (!stop.load()) {
    try {
      event gate;
      auto setter = spawn(set_after_a_turn(gate));
      co_await gate.wait();
      co_await shield(setter);
    } catch (const cancelled_error&) {
      interrupted.fetch_add(1);
    }
    this_task::uncancel();
    try {
      co_await spawn(yield_once());
    } catch (const cancelled_error&) {
      interrupted.fetch_add(1);
    }
    this_task::uncancel();
  }
}

TEST_P(task_record_test, a_canceller_never_mistakes_one_wait_for_the_next) {
  std::atomic<bool> stop{false};
  std::atomic<int> interrupted{0};
  run([](std::atomic<bool>& stop, std::atomic<int>& interrupted) -> task<void> {
    auto victim = spawn(alternate(stop, interrupted));
    std::thread canceller([&] {
      for (int request = 0; request < scaled(50'000); ++request) {
        victim.cancel();
        if (request % 16 == 0) {
          std::this_thread::yield();
        }
      }
      stop.store(true);
    });
    while (!stop.load()) {
      co_await yield{};
    }
    canceller.join();
    try {
      co_await victim;
    } catch (const cancelled_error&) {
      interrupted.fetch_add(1);
    }
  }(stop, interrupted));
  EXPECT_GT(interrupted.load(), 0);
}

// Joins short tasks for a while, and does not resist.
task<void> join_many(int count) {
  for (int index = 0; index < count; ++index) {
    co_await spawn(yield_once());
  }
}

TEST_P(task_record_test, a_cancellation_that_was_accepted_is_delivered) {
  const int lost = run([]() -> task<int> {
    int lost = 0;
    for (int round = 0; round < scaled(3'000); ++round) {
      auto victim = spawn(join_many(20));
      std::atomic<bool> accepted{false};
      auto canceller = spawn([](join_handle<void> victim, std::atomic<bool>& accepted,
                                int turns) -> task<void> {
        for (int turn = 0; turn < turns; ++turn) {
          co_await yield{};
        }
        accepted.store(victim.cancel());
      }(victim, accepted, round % 16));
      co_await canceller;
      try {
        co_await victim;
        lost += accepted.load() ? 1 : 0;
      } catch (const cancelled_error&) {
      }
    }
    co_return lost;
  }());
  EXPECT_EQ(lost, 0) << "cancel() returned true, but the task went on";
}

}  // namespace
}  // namespace jackdaw
