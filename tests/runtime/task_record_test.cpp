// tests/runtime/task_record_test.cpp
//
// Goal: the word of a task: one suspension has one winner, and a request that was accepted is
// delivered, from whatever thread it comes. Method: tasks that change between waits of different kinds
// as fast as they can, and threads that cancel them.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;

class task_record_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(task_record_test, parallel_kinds());

task<void> yield_once() { co_await yield(); }

task<void> nothing_to_do() { co_return; }

// Takes turns with a partner: a wait that a canceller ends by itself (a queue), then one that it may
// only ask to end (a join).
task<void> alternate(queue<int>& from, queue<int>& to, std::atomic<bool>& stop) {
  while (!stop.load()) {
    try {
      co_await to.put(1);
      co_await from.get();
    } catch (const cancelled_error&) {
    }
    try {
      co_await spawn(nothing_to_do());
    } catch (const cancelled_error&) {
    }
  }
}

TEST_P(task_record_test, a_canceller_never_mistakes_one_wait_for_the_next) {
  run([]() -> task<void> {
    std::atomic<bool> stop{false};
    queue<int> there;
    queue<int> back;
    std::vector<join_handle<void>> victims;
    for (int pair = 0; pair < 2; ++pair) {
      victims.push_back(spawn(alternate(there, back, stop)));
      victims.push_back(spawn(alternate(back, there, stop)));
    }
    std::thread canceller([&] {
      for (int request = 0; request < 300'000; ++request) {
        victims[static_cast<std::size_t>(request) % victims.size()].cancel();
      }
      stop.store(true);
    });
    while (!stop.load()) {
      co_await yield();
    }
    canceller.join();
    for (const join_handle<void>& victim : victims) {
      while (!victim.done()) {
        victim.cancel();
        co_await yield();
      }
    }
  }());
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
      auto canceller =
          spawn([](join_handle<void> victim, std::atomic<bool>& accepted, int turns) -> task<void> {
            for (int turn = 0; turn < turns; ++turn) {
              co_await yield();
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

// -- Chains of tasks that wait for tasks ----------------------------------------------------------------

using testing::all_kinds;

class cancel_chain_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(cancel_chain_test, all_kinds());

task<void> join(join_handle<void> next, int& cancelled) {
  try {
    co_await next;
  } catch (const cancelled_error&) {
    ++cancelled;
    throw;
  }
}

task<void> wait_until_cancelled(event& never_set, int& cancelled) {
  try {
    co_await never_set.wait();
  } catch (const cancelled_error& error) {
    ++cancelled;
    EXPECT_EQ(error.message(), "enough");
    throw;
  }
}

// 100,000 frames of any function do not fit into the stack of a thread.
TEST_P(cancel_chain_test, of_any_length_is_cancelled_from_its_leaf) {
  run([]() -> task<void> {
    const int length = scaled(100'000);
    int cancelled = 0;
    event never_set;
    auto last = spawn(wait_until_cancelled(never_set, cancelled));
    for (int index = 1; index < length; ++index) {
      last = spawn(join(last, cancelled));
    }
    co_await settled();
    EXPECT_TRUE(last.cancel("enough"));
    bool thrown = false;
    try {
      co_await last;
    } catch (const cancelled_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_EQ(cancelled, length);
  }());
}

task<void> join_each_other(event& known, join_handle<void>& other) {
  co_await known.wait();
  co_await other;
}

TEST_P(cancel_chain_test, in_a_circle_is_broken_where_it_closes) {
  run([]() -> task<void> {
    event known;
    std::vector<join_handle<void>> circle(3);
    for (std::size_t index = 0; index < circle.size(); ++index) {
      circle[index] = spawn(join_each_other(known, circle[(index + 1) % circle.size()]));
    }
    known.set();
    co_await settled();
    EXPECT_TRUE(circle.front().cancel());
    for (const join_handle<void>& each : circle) {
      std::vector<future_reference> member;
      member.emplace_back(each.record());
      co_await wait_for_all(std::move(member));
      EXPECT_TRUE(each.cancelled());
    }
  }());
}

// -- Requests that are taken back -----------------------------------------------------------------------

class uncancel_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(uncancel_threads_test, parallel_kinds());

struct own_and_foreign {
  std::atomic<bool> begun{false};
  std::atomic<bool> asked{false};
  event never_set;
};

// True if a cancellation is delivered at one of the next suspensions; the request has been made by then.
task<bool> is_cancelled(own_and_foreign& shared) {
  bool delivered = false;
  bool asked = false;
  while (!delivered && !asked) {
    asked = shared.asked.load();
    try {
      co_await yield();
    } catch (const cancelled_error&) {
      delivered = true;
    }
  }
  co_return delivered;
}

// Asks itself to end and takes that back, until somebody else asks.
task<bool> change_its_mind_until_cancelled(own_and_foreign& shared) {
  shared.begun.store(true);
  do {
    this_task::cancel();
    this_task::uncancel();
  } while (this_task::cancelling() == 0);
  const bool delivered = co_await is_cancelled(shared);
  co_return delivered;
}

// Lets deadlines expire, one after the other, until somebody else asks it to end.
task<bool> expire_until_cancelled(own_and_foreign& shared) {
  shared.begun.store(true);
  bool delivered = false;
  do {
    try {
      co_await timeout(0ns, shared.never_set.wait());
    } catch (const timeout_error&) {
    } catch (const cancelled_error&) {
      delivered = true;
    }
  } while (this_task::cancelling() == 0);
  if (!delivered) {
    delivered = co_await is_cancelled(shared);
  }
  co_return delivered;
}

template <class F>
task<int> count_lost(F victim_body, int rounds) {
  int lost = 0;
  for (int round = 0; round < rounds; ++round) {
    own_and_foreign shared;
    auto victim = spawn(victim_body(shared));
    while (!shared.begun.load()) {
      co_await yield();
    }
    for (int turn = 0; turn < round % 20; ++turn) {
      co_await yield();
    }
    victim.cancel();
    shared.asked.store(true);
    try {
      const bool delivered = co_await victim;
      lost += delivered ? 0 : 1;
    } catch (const cancelled_error&) {  // When it was about to return.
    }
  }
  co_return lost;
}

TEST_P(uncancel_threads_test, a_request_is_delivered_once_its_error_is_thrown) {
  const auto counts = [](std::vector<std::uint32_t>& seen) {
    seen.push_back(current_task().cancelling());
    seen.push_back(current_task().delivered_requests());
  };
  const auto seen = run([&]() -> task<std::vector<std::uint32_t>> {
    std::vector<std::uint32_t> each;
    counts(each);
    this_task::cancel();
    counts(each);
    try {
      co_await yield();
    } catch (const cancelled_error&) {
      counts(each);
    }
    this_task::cancel();
    counts(each);
    this_task::uncancel();
    this_task::uncancel();
    counts(each);
    co_return each;
  }());
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, 0, 1, 0, 1, 1, 2, 1, 0, 0}));
}

TEST_P(uncancel_threads_test, a_foreign_request_survives_while_an_own_one_is_taken_back) {
  const int lost = run(count_lost(&change_its_mind_until_cancelled, scaled(2'000)));
  EXPECT_EQ(lost, 0);
}

TEST_P(uncancel_threads_test, a_foreign_request_survives_expiries) {
  const int lost = run(count_lost(&expire_until_cancelled, scaled(2'000)));
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace jackdaw
