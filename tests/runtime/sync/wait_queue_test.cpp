// tests/runtime/sync/wait_queue_test.cpp
//
// Goal: the queue under every primitive: who is chosen, what is passed on when a wait is cancelled, and
// that a wake-up goes to exactly one waiter. Method: a bare awaitable on the queue; the lock is held
// while waiters are chosen and cancelled, so that none of them can run in between, on any runtime.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/sync_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::line_up;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class wait_queue_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_queue_test, all_kinds());
class wait_queue_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(wait_queue_threads_test, parallel_kinds());

struct wait_result {
  bool woken = false;
  bool cancelled = false;
};

// The least that a primitive does: waits in the queue, and says how that ended.
class bare_wait {
 public:
  explicit bare_wait(wait_queue& queue) noexcept : queue_(&queue) {}
  bare_wait(const bare_wait&) = delete;
  bare_wait& operator=(const bare_wait&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    return queue_->suspend(queue_->lock(), node_, awaiting);
  }
  wait_result await_resume() noexcept {
    wait_queue::guard held;
    wait_result result;
    result.cancelled = queue_->finish(held, node_);
    result.woken = node_.woken();
    return result;
  }

 private:
  wait_queue* queue_;
  wait_queue::node node_;
};

task<wait_result> wait_in(wait_queue& queue) {
  bare_wait waiting(queue);
  const wait_result result = co_await waiting;
  co_return result;
}

// "woken", "cancelled", "woken+cancelled" or "waits", for each.
std::string states_of(const std::vector<join_handle<wait_result>>& line) {
  trace states;
  for (const join_handle<wait_result>& waiter : line) {
    if (!waiter.done()) {
      states.add("waits");
      continue;
    }
    const wait_result result = waiter.result();
    states.add(std::string(result.woken ? "woken" : "") +
               (result.woken && result.cancelled ? "+" : "") +
               (result.cancelled ? "cancelled" : ""));
  }
  return states.text();
}

task<void> wake_the_rest(wait_queue& queue) {
  {
    const auto held = queue.lock();
    queue.wake_all();
  }
  co_await settled();
  const auto held = queue.lock();
  EXPECT_TRUE(queue.empty());
}

TEST_P(wait_queue_test, wake_one_chooses_the_oldest_that_nobody_has_chosen) {
  run([]() -> task<void> {
    wait_queue queue;
    const auto line = co_await line_up(4, wait_in, queue);
    {
      const auto held = queue.lock();
      EXPECT_TRUE(queue.wake_one());
      EXPECT_TRUE(queue.wake_one());
      EXPECT_FALSE(line[0].done()) << "hands over, and resumes nobody";
    }
    co_await settled();
    EXPECT_EQ(states_of(line), "woken woken waits waits");
    {
      const auto held = queue.lock();
      EXPECT_TRUE(queue.wake_one());
    }
    co_await settled();
    EXPECT_EQ(states_of(line), "woken woken woken waits");
    co_await wake_the_rest(queue);
  }());
}

TEST_P(wait_queue_test, wake_one_finds_nobody_among_woken_and_cancelled_waiters) {
  run([]() -> task<void> {
    wait_queue queue;
    {
      const auto held = queue.lock();
      EXPECT_FALSE(queue.wake_one());
    }
    const auto line = co_await line_up(2, wait_in, queue);
    {
      const auto held = queue.lock();
      line[0].cancel();
      EXPECT_TRUE(queue.wake_one());
      EXPECT_FALSE(queue.wake_one());
    }
    co_await settled();
    EXPECT_EQ(states_of(line), "cancelled woken");
  }());
}

TEST_P(wait_queue_test, wake_first_waits_for_the_turn_of_the_first) {
  run([]() -> task<void> {
    wait_queue queue;
    const auto line = co_await line_up(3, wait_in, queue);
    {
      const auto held = queue.lock();
      queue.wake_first();
      queue.wake_first();  // It is that one's turn already: nobody else is chosen.
    }
    co_await settled();
    EXPECT_EQ(states_of(line), "woken waits waits");
    {
      const auto held = queue.lock();
      line[1].cancel();
      queue.wake_first();  // The duty of the one that leaves.
    }
    co_await settled();
    EXPECT_EQ(states_of(line), "woken cancelled waits");
    co_await wake_the_rest(queue);
  }());
}

TEST_P(wait_queue_test, wake_first_of_an_empty_queue_does_nothing) {
  run([]() -> task<void> {
    wait_queue queue;
    {
      const auto held = queue.lock();
      queue.wake_first();
      EXPECT_EQ(queue.wake_all(), 0U);
      EXPECT_FALSE(queue.has_waiters());
      EXPECT_TRUE(queue.empty());
    }
    co_return;
  }());
}

TEST_P(wait_queue_test, wake_all_counts_those_that_it_chose) {
  run([]() -> task<void> {
    wait_queue queue;
    const auto line = co_await line_up(5, wait_in, queue);
    {
      const auto held = queue.lock();
      line[3].cancel();
      EXPECT_TRUE(queue.wake_one());
      EXPECT_EQ(queue.wake_all(), 3U);
      EXPECT_EQ(queue.wake_all(), 0U);
    }
    co_await settled();
    EXPECT_EQ(states_of(line), "woken woken woken cancelled woken");
  }());
}

TEST_P(wait_queue_test, woken_waiters_count_and_cancelled_ones_do_not) {
  run([]() -> task<void> {
    wait_queue queue;
    const auto line = co_await line_up(2, wait_in, queue);
    {
      const auto held = queue.lock();
      EXPECT_TRUE(queue.has_waiters());
      line[1].cancel();
      EXPECT_TRUE(queue.wake_one());
      EXPECT_TRUE(queue.has_waiters()) << "chosen, but still there";
      EXPECT_FALSE(queue.empty());
    }
    co_await settled();
    const auto left = co_await line_up(1, wait_in, queue);
    {
      const auto held = queue.lock();
      left[0].cancel();
      EXPECT_FALSE(queue.has_waiters());
      EXPECT_FALSE(queue.empty()) << "the node stays until its task runs";
    }
    co_await settled();
    const auto held = queue.lock();
    EXPECT_TRUE(queue.empty());
  }());
}

TEST_P(wait_queue_test, a_waiter_learns_that_it_was_both_woken_and_cancelled) {  // B30
  run([]() -> task<void> {
    wait_queue queue;
    const auto line = co_await line_up(1, wait_in, queue);
    {
      const auto held = queue.lock();
      EXPECT_TRUE(queue.wake_one());
      line[0].cancel();
    }
    co_await settled();
    EXPECT_EQ(states_of(line), "woken+cancelled");
  }());
}

TEST_P(wait_queue_test, a_cancellation_that_is_due_ends_the_wait_at_once) {
  run([]() -> task<void> {
    wait_queue queue;
    this_task::cancel();
    bare_wait waiting(queue);
    const wait_result result = co_await waiting;
    EXPECT_TRUE(result.cancelled);
    EXPECT_FALSE(result.woken);
    EXPECT_TRUE(queue.empty());
    this_task::uncancel();
  }());
}

TEST_P(wait_queue_test, the_cancellation_is_thrown_with_its_message) {  // S74
  run([]() -> task<void> {
    event never_set;
    const auto waiter = spawn([](event& gate) -> task<void> { co_await gate.wait(); }(never_set));
    co_await settled();
    waiter.cancel("enough");
    std::string message;
    try {
      co_await waiter;
    } catch (const cancelled_error& error) {
      message = error.message();
    }
    EXPECT_EQ(message, "enough");
  }());
}

TEST_P(wait_queue_test, a_node_may_wait_again) {
  run([]() -> task<void> {
    wait_queue queue;
    auto twice = spawn([](wait_queue& waiters) -> task<int> {
      bare_wait waiting(waiters);
      int wakes = 0;
      for (int round = 0; round < 2; ++round) {
        const wait_result result = co_await waiting;
        wakes += result.woken ? 1 : 0;
      }
      co_return wakes;
    }(queue));
    for (int round = 0; round < 2; ++round) {
      co_await settled();
      const auto held = queue.lock();
      EXPECT_TRUE(queue.wake_one()) << "round " << round;
    }
    const int wakes = co_await twice;
    EXPECT_EQ(wakes, 2);
  }());
}

// Frames that are destroyed while they wait, by a loop that is closed.

TEST(wait_queue_close_test, a_destroyed_waiter_leaves_the_queue) {
  wait_queue queue;
  testing::failure_log failures;
  {
    asyncio::loop_options options;
    options.on_failure = failures.handler();
    asyncio::event_loop loop(std::move(options));
    loop.create_task(wait_in(queue), "first");
    loop.create_task(wait_in(queue), "second");
    loop.stop();
    loop.run_forever();
    EXPECT_FALSE(queue.empty());
    loop.close();
    EXPECT_TRUE(queue.empty());
  }
  EXPECT_EQ(failures.all().size(), 2U);
}

task<void> own_and_wait(std::unique_ptr<wait_queue> queue) {
  bare_wait waiting(*queue);
  co_await waiting;
}

TEST(wait_queue_close_test, a_queue_may_be_destroyed_before_those_who_wait_in_it) {  // B23
  testing::failure_log failures;
  {
    asyncio::loop_options options;
    options.on_failure = failures.handler();
    asyncio::event_loop loop(std::move(options));
    auto queue = std::make_unique<wait_queue>();
    wait_queue& waiters = *queue;
    loop.create_task(own_and_wait(std::move(queue)), "owner");
    loop.create_task(wait_in(waiters), "guest");
    loop.stop();
    loop.run_forever();
    loop.close();
  }
  EXPECT_EQ(failures.all().size(), 2U);
}

TEST(wait_queue_death_test, a_queue_in_which_somebody_waits_must_not_be_destroyed) {
  const auto destroy_early = [] {
    testing::run_in(testing::asyncio_loop(), []() -> task<void> {
      auto queue = std::make_unique<wait_queue>();
      const auto waiter = spawn(wait_in(*queue));
      co_await settled();
      queue.reset();
    }());
  };
  EXPECT_DEATH(destroy_early(), "empty\\(\\)");
}

// Threads.

struct account {
  wait_queue queue;
  std::atomic<int> wakes_given{0};
  std::atomic<int> wakes_received{0};
  std::atomic<int> ended{0};
};

task<void> wait_and_count(account& shared, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    bare_wait waiting(shared.queue);
    const wait_result result = co_await waiting;
    if (result.woken) {
      shared.wakes_received.fetch_add(1);
    }
  }
  shared.ended.fetch_add(1);
}

task<void> wake_until_all_ended(account& shared, int waiters) {
  while (shared.ended.load() < waiters) {
    {
      const auto held = shared.queue.lock();
      if (shared.queue.wake_one()) {
        shared.wakes_given.fetch_add(1);
      }
    }
    co_await yield();
  }
}

task<void> cancel_until_all_ended(const account& shared, std::vector<join_handle<void>> waiters) {
  std::size_t next = 0;
  while (shared.ended.load() < static_cast<int>(waiters.size())) {
    waiters[next++ % waiters.size()].cancel();
    co_await yield();
  }
}

TEST_P(wait_queue_threads_test, every_wake_up_reaches_one_waiter_however_many_are_cancelled) {
  run([]() -> task<void> {
    constexpr int waiter_count = 8;
    account shared;
    std::vector<join_handle<void>> waiters;
    waiters.reserve(waiter_count);
    for (int index = 0; index < waiter_count; ++index) {
      waiters.push_back(spawn(wait_and_count(shared, scaled(30'000))));
    }
    co_await settled();  // One that is cancelled before its first step never runs at all.
    auto canceller = spawn(cancel_until_all_ended(shared, waiters));
    auto second_waker = spawn(wake_until_all_ended(shared, waiter_count));
    co_await wake_until_all_ended(shared, waiter_count);
    co_await second_waker;
    co_await canceller;
    EXPECT_EQ(shared.wakes_given.load(), shared.wakes_received.load());
    EXPECT_TRUE(shared.queue.empty());
  }());
}

}  // namespace
}  // namespace jackdaw
