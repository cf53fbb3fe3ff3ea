// tests/runtime/sync/event_test.cpp
//
// Goal: an event wakes everybody who waits, once, in order of arrival, and never inline; it may be
// destroyed by whoever it woke. Method: traces over every runtime, order over the loop; threads that
// set and clear while tasks wait and are cancelled.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/sync_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::in_the_gap;
using testing::let_waiters_destroy;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class event_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(event_test, all_kinds());
class event_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(event_order_test, order_kinds());
class event_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(event_threads_test, parallel_kinds());

task<void> write_after(event& gate, trace& log, std::string name) {
  co_await gate.wait();
  log.add(name);
}

TEST_P(event_test, set_wakes_everybody_once_and_resumes_nobody_inline) {  // S138
  run([]() -> task<void> {
    event gate;
    trace log;
    for (const char* const name : {"a", "b", "c"}) {
      spawn(write_after(gate, log, name));
    }
    co_await settled();
    EXPECT_EQ(log, "");
    EXPECT_FALSE(gate.is_set());
    gate.set();
    EXPECT_TRUE(gate.is_set());
    gate.set();
    co_await settled();
    EXPECT_EQ(log.sorted(), "a b c");
  }());
}

TEST_P(event_order_test, waiters_run_in_the_order_of_their_arrival_one_turn_later) {  // S138, S43
  run([]() -> task<void> {
    event gate;
    trace log;
    for (const char* const name : {"a", "b", "c", "d"}) {
      spawn(write_after(gate, log, name));
    }
    co_await settled();
    gate.set();
    EXPECT_EQ(log, "");
    co_await yield();
    EXPECT_EQ(log, "a b c d");
  }());
}

TEST_P(event_test, waiting_for_an_event_that_is_set_does_not_suspend) {  // S41
  run([]() -> task<void> {
    event gate;
    gate.set();
    const auto before = this_task::scheduler().statistics().resumptions;
    for (int round = 0; round < 100; ++round) {
      co_await gate.wait();
    }
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(event_test, everybody_is_woken_even_if_clear_follows_at_once) {  // S138
  run([]() -> task<void> {
    event gate;
    trace log;
    spawn(write_after(gate, log, "before"));
    spawn(write_after(gate, log, "before"));
    co_await settled();
    gate.set();
    gate.clear();
    EXPECT_FALSE(gate.is_set());
    auto late = spawn(write_after(gate, log, "after"));
    co_await settled();
    EXPECT_EQ(log, "before before");
    EXPECT_FALSE(late.done());
    gate.set();
    co_await late;
    EXPECT_EQ(log, "before before after");
  }());
}

TEST_P(event_test, a_cancelled_waiter_leaves_and_the_others_are_woken) {
  run([]() -> task<void> {
    event gate;
    trace log;
    const auto first = spawn(write_after(gate, log, "first"));
    const auto second = spawn(write_after(gate, log, "second"));
    co_await settled();
    first.cancel();
    gate.set();
    co_await settled();
    EXPECT_TRUE(first.cancelled());
    EXPECT_TRUE(second.done());
    EXPECT_EQ(log, "second");
  }());
}

// Cancels itself between the wake-up and the first look at it: the task that set the event does both.
TEST_P(event_order_test, a_cancellation_after_the_wake_up_wins) {  // S67
  run([]() -> task<void> {
    event gate;
    trace log;
    const auto waiter = spawn(write_after(gate, log, "woken"));
    co_await settled();
    gate.set();
    waiter.cancel();
    co_await settled();
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_EQ(log, "");
  }());
}

TEST_P(event_test, a_due_cancellation_is_not_delivered_by_an_event_that_is_set) {  // S41
  run([]() -> task<void> {
    event gate;
    gate.set();
    this_task::cancel();
    co_await gate.wait();  // No suspension.
    gate.clear();
    bool cancelled = false;
    try {
      co_await gate.wait();
    } catch (const cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    this_task::uncancel();
  }());
}

TEST_P(event_test, one_that_is_set_between_looking_and_waiting_is_not_missed) {  // B18
  run([]() -> task<void> {
    event gate;
    const auto waiter = spawn([](event& shared) -> task<void> {
      in_the_gap waiting(shared.wait(), [&shared] { shared.set(); });
      co_await waiting;
    }(gate));
    co_await settled();
    EXPECT_TRUE(waiter.done());
    waiter.cancel();
    co_await settled();
  }());
}

// Threads.

task<void> wait_then_destroy(std::unique_ptr<event> gate) { co_await gate->wait(); }

TEST_P(event_threads_test, whoever_is_woken_may_destroy_the_event) {  // B26
  run(let_waiters_destroy<event>([] { return std::make_unique<event>(); }, wait_then_destroy,
                                 [](event& shared) { shared.set(); }));
}

struct two_gates {
  event open;
  event taken;
  std::atomic<int> passed{0};
};

task<void> pass_again_and_again(two_gates& gates, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    co_await gates.open.wait();
    gates.open.clear();
    gates.passed.fetch_add(1);
    gates.taken.set();
  }
}

TEST_P(event_threads_test, no_wake_up_is_lost_between_looking_and_waiting) {  // B18
  run([]() -> task<void> {
    two_gates gates;
    const int rounds = scaled(20'000);
    auto passer = spawn(pass_again_and_again(gates, rounds));
    for (int round = 0; round < rounds; ++round) {
      gates.open.set();
      co_await gates.taken.wait();
      gates.taken.clear();
    }
    co_await passer;
    EXPECT_EQ(gates.passed.load(), rounds);
  }());
}

TEST_P(event_threads_test, a_thread_of_its_own_may_set_it) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(500); ++round) {
      event gate;
      auto waiter = spawn([](event& awaited) -> task<void> { co_await awaited.wait(); }(gate));
      std::thread outsider([&gate] { gate.set(); });
      co_await waiter;
      outsider.join();
      EXPECT_TRUE(gate.is_set());
    }
  }());
}

struct ends {
  std::atomic<int> woken{0};
  std::atomic<int> cancelled{0};
};

task<void> wait_and_count(event& gate, ends& counted) {
  try {
    co_await gate.wait();
    counted.woken.fetch_add(1);
  } catch (const cancelled_error&) {
    counted.cancelled.fetch_add(1);
  }
}

task<void> end_of(join_handle<void> waiter) {
  try {
    co_await waiter;
  } catch (const cancelled_error&) {  // Asked to end when it was about to return.
  }
}

// A waiter that is neither cancelled nor woken would hang.
TEST_P(event_threads_test, a_wait_that_is_set_and_cancelled_at_once_ends_once) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(5'000); ++round) {
      event gate;
      ends counted;
      auto first = spawn(wait_and_count(gate, counted));
      auto second = spawn(wait_and_count(gate, counted));
      co_await yield();
      auto canceller = spawn([](join_handle<void> waiter) -> task<void> {
        waiter.cancel();
        co_return;
      }(first));
      if (round % 2 == 0) {
        co_await yield();
      }
      gate.set();
      co_await end_of(second);
      co_await canceller;
      co_await end_of(first);
      const int never_begun = 2 - counted.woken.load() - counted.cancelled.load();
      EXPECT_TRUE(never_begun == 0 || (never_begun == 1 && first.cancelled())) << "round " << round;
      EXPECT_LE(counted.cancelled.load(), 1);
    }
  }());
}

}  // namespace
}  // namespace jackdaw
