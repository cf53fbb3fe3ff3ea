// tests/runtime/task_set_test.cpp
//
// Goal: when the wait for a set of tasks is over, by each policy; what a cancellation of the waiter does
// to the children; that a waiter may be destroyed at any time. Method: children wait for gates;
// a table of policies over every runtime; on several workers, ends and cancellations that meet.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <coroutine>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;

class task_set_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_set_test, all_kinds());
class task_set_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_set_order_test, order_kinds());
class task_set_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_set_threads_test, parallel_kinds());

// Ends when its gate is opened; with an exception if it is told to.
struct child_gates {
  event open;
  bool fails = false;
};

task<void> child(child_gates& gates) {
  co_await gates.open.wait();
  if (gates.fails) {
    throw std::runtime_error("boom");
  }
}

// A child that takes no notice of cancellations.
task<void> stubborn_child(child_gates& gates) {
  while (!gates.open.is_set()) {
    try {
      co_await gates.open.wait();
    } catch (const cancelled_error&) {
    }
  }
}

struct three {
  child_gates gates[3];
  std::vector<future_reference> tasks;

  void start() {
    for (child_gates& own : gates) {
      tasks.emplace_back(spawn(child(own)).record());
    }
  }
  void start_stubborn() {
    for (child_gates& own : gates) {
      tasks.emplace_back(spawn(stubborn_child(own)).record());
    }
  }
  void end(int index) { gates[index].open.set(); }
  void fail(int index) {
    gates[index].fails = true;
    gates[index].open.set();
  }
  void end_all() {
    for (child_gates& own : gates) {
      own.open.set();
    }
  }
  [[nodiscard]] std::string states() const {
    std::string text;
    for (const future_reference& task : tasks) {
      text += !task->done() ? '-' : (task->cancelled() ? 'c' : 'e');
    }
    return text;
  }
};

// The index of the child that decided: "0", "none", or "cancelled".
task<std::string> wait_by(set_policy policy, std::vector<future_reference> tasks) {
  try {
    const std::size_t index = co_await task_set_wait(std::move(tasks), policy);
    co_return index == task_set::none ? "none" : std::to_string(index);
  } catch (const cancelled_error&) {
    co_return "cancelled";
  }
}

TEST_P(task_set_test, the_wait_for_all_ends_with_the_last) {
  run([]() -> task<void> {
    three set;
    set.start();
    auto waiting = spawn(wait_by(set_policy::all_completed, set.tasks));
    for (int index = 0; index < 3; ++index) {
      co_await settled();
      EXPECT_FALSE(waiting.done());
      set.end(index);
    }
    const std::string result = co_await waiting;
    EXPECT_EQ(result, "none");
  }());
}

TEST_P(task_set_test, the_first_to_end_decides_whatever_with) {
  run([]() -> task<void> {
    for (const bool fails : {false, true}) {
      three set;
      set.start();
      auto waiting = spawn(wait_by(set_policy::first_completed, set.tasks));
      co_await settled();
      if (fails) {
        set.fail(1);
      } else {
        set.end(1);
      }
      const std::string result = co_await waiting;
      EXPECT_EQ(result, "1");
      EXPECT_EQ(set.states(), "-e-");
      set.end_all();
      co_await settled();
    }
  }());
}

TEST_P(task_set_test, a_failure_does_not_end_the_wait_for_all) {
  run([]() -> task<void> {
    three set;
    set.start();
    auto waiting = spawn(wait_by(set_policy::all_completed, set.tasks));
    set.fail(0);
    set.tasks[1]->request_cancel();
    co_await settled();
    EXPECT_FALSE(waiting.done());
    set.end(2);
    const std::string result = co_await waiting;
    EXPECT_EQ(result, "none");
  }());
}

TEST_P(task_set_test, children_that_have_ended_before_are_counted_without_a_suspension) {  // S90
  run([]() -> task<void> {
    const struct {
      set_policy policy;
      const char* decided_by;
    } table[] = {{set_policy::first_completed, "0"}, {set_policy::all_completed, "none"}};
    three set;
    set.start();
    set.fail(1);
    set.end(0);
    set.end(2);
    co_await settled();
    for (const auto& row : table) {
      const auto before = this_task::scheduler().statistics().resumptions;
      const std::string result = co_await wait_by(row.policy, set.tasks);
      EXPECT_EQ(result, row.decided_by);
      EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
    }
  }());
}

TEST_P(task_set_test, a_set_of_nobody_is_settled) {
  run([]() -> task<void> {
    const std::vector<future_reference> nobody;
    for (const set_policy policy : {set_policy::first_completed, set_policy::all_completed}) {
      const std::string result = co_await wait_by(policy, nobody);
      EXPECT_EQ(result, "none");
    }
  }());
}

TEST_P(task_set_order_test, the_end_of_a_child_is_told_one_turn_later) {  // S43: gather's third hop
  run([]() -> task<void> {
    three set;
    set.start();
    auto waiting = spawn(wait_by(set_policy::all_completed, set.tasks));
    co_await settled();
    set.end_all();
    int turns = 0;
    while (!waiting.done()) {
      co_await yield();
      ++turns;
    }
    // Children step, their ends are told, the waiter steps.
    EXPECT_EQ(turns, 3);
  }());
}

TEST_P(task_set_test, a_cancellation_of_the_waiter_goes_to_all_children) {  // S87
  run([]() -> task<void> {
    for (const set_policy policy : {set_policy::first_completed, set_policy::all_completed}) {
      three set;
      set.start();
      auto waiting = spawn(wait_by(policy, set.tasks));
      co_await settled();
      waiting.cancel();
      co_await settled();
      EXPECT_EQ(set.states(), "ccc");
      EXPECT_TRUE(waiting.done());
      const std::string result = co_await waiting;
      EXPECT_EQ(result, "cancelled");
    }
  }());
}

TEST_P(task_set_test, a_cancelled_waiter_waits_for_all_even_where_one_would_have_been_enough) {
  run([]() -> task<void> {
    three set;
    set.start_stubborn();
    auto waiting = spawn(wait_by(set_policy::first_completed, set.tasks));
    co_await settled();
    waiting.cancel();
    for (int index = 0; index < 3; ++index) {
      co_await settled();
      EXPECT_FALSE(waiting.done());
      set.end(index);
    }
    const std::string result = co_await waiting;
    EXPECT_EQ(result, "cancelled");
  }());
}

TEST_P(task_set_order_test, a_cancellation_after_the_last_end_is_delivered_nevertheless) {  // S99
  run([]() -> task<void> {
    for (const int turns : {0, 1, 2}) {
      three set;
      set.start();
      auto waiting = spawn(wait_by(set_policy::all_completed, set.tasks));
      co_await settled();
      set.end_all();
      for (int turn = 0; turn < turns; ++turn) {
        co_await yield();  // 1: they have ended; 2: and that was told.
      }
      EXPECT_TRUE(waiting.cancel());
      const std::string result = co_await waiting;
      EXPECT_EQ(result, "cancelled") << turns;
      EXPECT_EQ(waiting.cancelling(), 1U);
    }
  }());
}

TEST_P(task_set_test, the_same_task_may_be_in_a_set_twice_and_in_many_sets) {  // S89
  run([]() -> task<void> {
    three set;
    set.start();
    std::vector<future_reference> twice = set.tasks;
    twice.insert(twice.end(), set.tasks.begin(), set.tasks.end());
    auto first = spawn(wait_by(set_policy::all_completed, twice));
    auto second = spawn(wait_by(set_policy::first_completed, twice));
    co_await settled();
    set.end(2);
    const std::string decided = co_await second;
    EXPECT_EQ(decided, "2");
    set.end_all();
    const std::string ended = co_await first;
    EXPECT_EQ(ended, "none");
  }());
}

TEST_P(task_set_test, a_wait_that_is_dropped_before_it_began_leaves_the_children_alone) {
  run([]() -> task<void> {
    three set;
    set.start();
    {
      const task_set_wait dropped(set.tasks, set_policy::all_completed);
    }
    co_await settled();
    EXPECT_EQ(set.states(), "---");
    set.end_all();
    co_await settled();
    EXPECT_EQ(set.states(), "eee");
  }());
}

// The waiter's frame is destroyed while it waits, its children's frames before or after it.
TEST(task_set_close_test, a_loop_may_be_closed_while_a_set_is_waited_for) {  // B23
  for (const bool waiter_first : {true, false}) {
    testing::failure_log failures;
    asyncio::loop_options options;
    options.on_failure = failures.handler();
    asyncio::event_loop loop(std::move(options));
    const auto start = [](three& set, bool early) -> task<void> {
      if (!early) {
        set.start();
      }
      auto waiting = spawn(
          [](three& watched) -> task<void> {
            co_await yield();
            co_await wait_by(set_policy::all_completed, watched.tasks);
          }(set),
          "waiter");
      if (early) {
        set.start();
      }
      co_await settled();
    };
    auto set = std::make_unique<three>();
    loop.run_until_complete(start(*set, waiter_first));
    loop.close();
    EXPECT_EQ(failures.all().size(), 4U) << failures.text();
    EXPECT_EQ(set->states(), "ccc");
  }
}

// Threads.

task<void> yield_some(int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
}

TEST_P(task_set_threads_test,
       a_wait_ends_whoever_ends_or_is_cancelled_in_the_same_instant) {  // B26
  run([]() -> task<void> {
    constexpr set_policy policies[] = {set_policy::first_completed, set_policy::all_completed};
    for (int round = 0; round < scaled(8'000); ++round) {
      std::vector<future_reference> children;
      for (int index = 0; index < 3; ++index) {
        children.emplace_back(spawn(yield_some((round + index) % 4)).record());
      }
      auto waiting = spawn(wait_by(policies[round % 2], children));
      co_await yield_some(round % 3);
      waiting.cancel();
      try {
        co_await waiting;                 // Hangs if the wake-up gets lost.
      } catch (const cancelled_error&) {  // Before it began, or when it was about to return.
      }
      for (const future_reference& one : children) {
        while (!one->done()) {
          co_await yield();
        }
      }
    }
  }());
}

struct busy_child {
  std::atomic<bool> entered{false};
  std::atomic<bool> released{false};
};

// Keeps its worker busy until it is released.
task<void> spin(busy_child& shared) {
  shared.entered.store(true);
  while (!shared.released.load()) {
    std::this_thread::yield();
  }
  co_return;
}

// Awaits a set whose only child ends, on another worker, between looking and waiting.
class end_in_the_gap {
 public:
  end_in_the_gap(const future_reference& child, busy_child& shared)
      : inner_({child}, set_policy::all_completed), shared_(&shared) {}

  [[nodiscard]] bool await_ready() const noexcept {
    const bool ready = inner_.await_ready();
    shared_->released.store(true);
    while (!inner_.await_ready()) {
      std::this_thread::yield();
    }
    return ready;
  }
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    return inner_.await_suspend(awaiting);
  }
  std::size_t await_resume() { return inner_.await_resume(); }

 private:
  task_set_wait inner_;
  busy_child* shared_;
};

TEST_P(task_set_threads_test, an_end_between_looking_and_waiting_is_not_missed) {  // B18
  run([]() -> task<void> {
    busy_child shared;
    const auto child = spawn(spin(shared));
    while (!shared.entered.load()) {
      co_await yield();  // From here on the child has a worker to itself.
    }
    end_in_the_gap waiting(future_reference(child.record()), shared);
    const std::size_t decided_by = co_await waiting;
    EXPECT_EQ(decided_by, task_set::none);
  }());
}

TEST_P(task_set_threads_test, exactly_one_child_wins) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      three set;
      set.start();
      auto first = spawn(wait_by(set_policy::first_completed, set.tasks));
      co_await yield();
      set.end_all();
      const std::string winner = co_await first;
      EXPECT_TRUE(winner == "0" || winner == "1" || winner == "2") << winner;
      co_await wait_for_all(set.tasks);
      EXPECT_EQ(set.states(), "eee");
    }
  }());
}

}  // namespace
}  // namespace jackdaw
