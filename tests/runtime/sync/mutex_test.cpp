// tests/runtime/sync/mutex_test.cpp
//
// Goal: one owner at a time, in order of arrival, whoever is cancelled and whenever. Method: traces
// over every runtime, order over the loop; a cancellation at every turn of a run; plain counters that
// only mutual exclusion keeps right, on several workers.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/sync_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::cancel_at_random;
using testing::in_the_gap;
using testing::let_waiters_destroy;
using testing::line_up;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class mutex_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(mutex_test, all_kinds());
class mutex_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(mutex_order_test, order_kinds());
class mutex_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(mutex_threads_test, parallel_kinds());

// Locks, writes its name, and unlocks.
task<void> lock_and_write(mutex& guard, trace& log, std::string name) {
  const auto held = co_await guard.scoped_lock();
  log.add(name);
}

TEST_P(mutex_test, a_free_lock_is_taken_without_suspending) {  // S41
  run([]() -> task<void> {
    mutex guard;
    const auto before = this_task::scheduler().statistics().resumptions;
    co_await guard.lock();
    EXPECT_TRUE(guard.is_locked());
    guard.unlock();
    EXPECT_FALSE(guard.is_locked());
    {
      const auto held = co_await guard.scoped_lock();
      EXPECT_TRUE(guard.is_locked());
      EXPECT_FALSE(guard.try_lock());
    }
    EXPECT_FALSE(guard.is_locked());
    EXPECT_TRUE(guard.try_lock());
    guard.unlock();
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(mutex_test, unlocking_a_free_lock_is_an_error) {  // S135
  run([]() -> task<void> {
    mutex guard;
    EXPECT_THROW(guard.unlock(), std::runtime_error);
    co_await guard.lock();
    guard.unlock();
    EXPECT_THROW(guard.unlock(), std::runtime_error);
  }());
}

TEST_P(mutex_test, another_task_may_unlock_it) {  // S135
  run([]() -> task<void> {
    mutex guard;
    co_await guard.lock();
    spawn([](mutex& locked) -> task<void> {
      locked.unlock();
      co_return;
    }(guard));
    co_await guard.lock();
    EXPECT_TRUE(guard.is_locked());
    guard.unlock();
  }());
}

TEST_P(mutex_test, waiters_get_it_in_the_order_of_their_arrival) {  // S134
  run([]() -> task<void> {
    mutex guard;
    trace log;
    co_await guard.lock();
    const auto line = co_await line_up(3, lock_and_write, guard, log);
    EXPECT_EQ(log, "");
    guard.unlock();
    co_await settled();
    EXPECT_EQ(log, "a b c");
    EXPECT_FALSE(guard.is_locked());
  }());
}

TEST_P(mutex_test, nobody_overtakes_a_waiter_that_was_chosen) {  // S134
  run([]() -> task<void> {
    mutex guard;
    trace log;
    co_await guard.lock();
    auto waiter = spawn(lock_and_write(guard, log, "waiter"));
    co_await settled();
    guard.unlock();  // Chooses the waiter; if that runs on this thread, it has not yet.
    co_await lock_and_write(guard, log, "unlocker");
    co_await waiter;
    EXPECT_EQ(log, "waiter unlocker");
  }());
}

TEST_P(mutex_order_test, between_two_owners_it_is_free_but_cannot_be_had) {  // S134
  run([]() -> task<void> {
    mutex guard;
    trace log;
    co_await guard.lock();
    auto waiter = spawn(lock_and_write(guard, log, "waiter"));
    co_await settled();
    guard.unlock();
    EXPECT_FALSE(guard.is_locked());
    EXPECT_FALSE(guard.try_lock());
    EXPECT_EQ(log, "");
    co_await waiter;
    EXPECT_TRUE(guard.try_lock());
    guard.unlock();
  }());
}

TEST_P(mutex_order_test, the_chosen_waiter_passes_its_turn_on_if_it_is_cancelled) {  // S136, B30
  run([]() -> task<void> {
    mutex guard;
    trace log;
    co_await guard.lock();
    const auto line = co_await line_up(3, lock_and_write, guard, log);
    guard.unlock();
    line[0].cancel();  // Woken, but has not run.
    line[1].cancel();  // Would be next.
    co_await settled();
    EXPECT_EQ(log, "c");
    EXPECT_TRUE(line[0].cancelled());
    EXPECT_TRUE(line[1].cancelled());
    EXPECT_FALSE(guard.is_locked());
  }());
}

TEST_P(mutex_order_test, a_cancelled_waiter_at_the_head_does_not_swallow_the_unlock) {  // S136
  run([]() -> task<void> {
    mutex guard;
    trace log;
    co_await guard.lock();
    const auto line = co_await line_up(3, lock_and_write, guard, log);
    line[0].cancel();  // Its node is still the first when we unlock.
    guard.unlock();
    co_await settled();
    EXPECT_EQ(log, "b c");
  }());
}

// Were the second cancelled one to wake a third, two would own the lock.
TEST_P(mutex_order_test, cancelled_waiters_do_not_make_two_owners) {
  run([]() -> task<void> {
    mutex guard;
    int owners = 0;
    const auto own = [](mutex& shared, int& count) -> task<void> {
      const auto held = co_await shared.scoped_lock();
      EXPECT_EQ(++count, 1);
      co_await yield();
      co_await yield();
      --count;
    };
    co_await guard.lock();
    std::vector<join_handle<void>> line;
    for (int index = 0; index < 6; ++index) {
      line.push_back(spawn(own(guard, owners)));
    }
    co_await settled();
    guard.unlock();
    line[0].cancel();
    line[2].cancel();
    co_await yield();
    line[1].cancel();
    line[3].cancel();
    co_await settled();
    EXPECT_TRUE(line[4].done());
    EXPECT_TRUE(line[5].done());
    EXPECT_FALSE(guard.is_locked());
  }());
}

TEST_P(mutex_test, a_cancelled_waiter_leaves_while_another_owns_it) {
  run([]() -> task<void> {
    mutex guard;
    trace log;
    co_await guard.lock();
    const auto line = co_await line_up(3, lock_and_write, guard, log);
    line[1].cancel();
    co_await settled();
    EXPECT_TRUE(line[1].cancelled());
    EXPECT_TRUE(guard.is_locked());
    EXPECT_EQ(log, "");
    guard.unlock();
    co_await settled();
    EXPECT_EQ(log, "a c");
  }());
}

TEST_P(mutex_test, a_guard_that_was_moved_unlocks_once) {
  run([]() -> task<void> {
    mutex guard;
    {
      auto held = co_await guard.scoped_lock();
      const auto moved = std::move(held);
      EXPECT_TRUE(guard.is_locked());
    }
    EXPECT_FALSE(guard.is_locked());
  }());
}

TEST_P(mutex_test, an_exception_in_the_critical_section_unlocks_it) {
  run([]() -> task<void> {
    mutex guard;
    auto failing = spawn([](mutex& shared) -> task<void> {
      const auto held = co_await shared.scoped_lock();
      co_await yield();
      throw std::runtime_error("boom");
    }(guard));
    bool thrown = false;
    try {
      co_await failing;
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_FALSE(guard.is_locked());
  }());
}

TEST_P(mutex_test, one_that_is_unlocked_between_looking_and_waiting_is_not_missed) {  // B18
  run([]() -> task<void> {
    mutex guard;
    co_await guard.lock();
    const auto waiter = spawn([](mutex& shared) -> task<void> {
      in_the_gap waiting(shared.lock(), [&shared] { shared.unlock(); });
      co_await waiting;
    }(guard));
    co_await settled();
    EXPECT_TRUE(waiter.done());
    waiter.cancel();
    co_await settled();
    EXPECT_TRUE(guard.is_locked());
  }());
}

// A cancellation at every turn of a run.

struct crowd {
  mutex guard;
  int inside = 0;
  int entered = 0;
};

task<void> enter_twice(crowd& shared) {
  for (int round = 0; round < 2; ++round) {
    const auto held = co_await shared.guard.scoped_lock();
    EXPECT_EQ(++shared.inside, 1);
    ++shared.entered;
    try {
      co_await yield();
    } catch (const cancelled_error&) {
      --shared.inside;
      throw;
    }
    --shared.inside;
  }
}

task<void> cancel_after(int turns, join_handle<void> victim) {
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  victim.cancel();
}

TEST_P(mutex_order_test, a_cancellation_at_any_turn_loses_no_wake_up) {  // B30, B32
  constexpr int members = 4;
  constexpr int turns_max = 30;
  for (int victim = 0; victim < members; ++victim) {
    for (int turns = 0; turns < turns_max; ++turns) {
      run([](int cancelled, int after) -> task<void> {
        crowd shared;
        std::vector<join_handle<void>> all;
        all.reserve(members);
        for (int index = 0; index < members; ++index) {
          all.push_back(spawn(enter_twice(shared)));
        }
        co_await cancel_after(after, all[static_cast<std::size_t>(cancelled)]);
        co_await settled();
        for (int index = 0; index < members; ++index) {
          const join_handle<void>& member = all[static_cast<std::size_t>(index)];
          EXPECT_TRUE(member.done())
              << index << " hangs; cancelled " << cancelled << " at " << after;
          EXPECT_TRUE(index == cancelled || !member.cancelled());
        }
        EXPECT_GE(shared.entered, 2 * (members - 1));
        EXPECT_EQ(shared.inside, 0);
        EXPECT_FALSE(shared.guard.is_locked());
      }(victim, turns));
    }
  }
}

// Threads.

struct contested {
  mutex guard;
  long long plain = 0;  // Without the lock: a data race, and a wrong sum.
  std::atomic<int> inside{0};
  std::atomic<long long> entered{0};
  std::atomic<int> begun{0};
};

task<void> add_under_lock(contested& shared, int rounds, int suspend_every) {
  shared.begun.fetch_add(1);
  for (int round = 0; round < rounds; ++round) {
    try {
      const auto held = co_await shared.guard.scoped_lock();
      EXPECT_EQ(shared.inside.fetch_add(1), 0);
      shared.plain += 1;
      shared.entered.fetch_add(1);
      shared.inside.fetch_sub(1);
      if (round % suspend_every == 0) {
        co_await yield();  // Owns it while others run, perhaps on another thread.
      }
    } catch (const cancelled_error&) {
    }
  }
}

TEST_P(mutex_threads_test, tasks_on_several_workers_exclude_each_other) {
  run([]() -> task<void> {
    contested shared;
    const int rounds = scaled(5'000);
    std::vector<task<void>> all;
    for (int index = 0; index < 8; ++index) {
      all.push_back(add_under_lock(shared, rounds, 3 + index));
    }
    co_await gather(std::move(all));
    EXPECT_EQ(shared.plain, 8LL * rounds);
    EXPECT_FALSE(shared.guard.is_locked());
  }());
}

TEST_P(mutex_threads_test, cancellations_break_neither_the_exclusion_nor_the_queue) {  // B30
  run([]() -> task<void> {
    contested shared;
    std::vector<join_handle<void>> all;
    for (int index = 0; index < 8; ++index) {
      all.push_back(spawn(add_under_lock(shared, scaled(5'000), 2 + index)));
    }
    co_await cancel_at_random(all, shared.begun);
    EXPECT_EQ(shared.plain, shared.entered.load());
    EXPECT_FALSE(shared.guard.is_locked());
    EXPECT_TRUE(shared.guard.try_lock());
    shared.guard.unlock();
  }());
}

task<void> lock_then_destroy(std::unique_ptr<mutex> guard) {
  co_await guard->lock();
  guard->unlock();
}

std::unique_ptr<mutex> make_locked() {
  auto guard = std::make_unique<mutex>();
  EXPECT_TRUE(guard->try_lock());
  return guard;
}

TEST_P(mutex_threads_test, the_next_owner_may_destroy_it_when_it_is_done) {  // B26
  run(let_waiters_destroy<mutex>(make_locked, lock_then_destroy,
                                 [](mutex& shared) { shared.unlock(); }));
}

}  // namespace
}  // namespace jackdaw
