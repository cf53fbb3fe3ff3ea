// tests/runtime/sync/semaphore_test.cpp
//
// Goal: never more owners than permits, permits in order of arrival, and none lost or made by a
// cancellation. Method: traces over every runtime, order over the loop; a cancellation at every turn of
// a run; counted owners on several workers.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/sync_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
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

class semaphore_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(semaphore_test, all_kinds());
class semaphore_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(semaphore_order_test, order_kinds());
class semaphore_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(semaphore_threads_test, parallel_kinds());

// Acquires, writes its name, and keeps the permit.
task<void> acquire_and_write(semaphore& permits, trace& log, std::string name) {
  co_await permits.acquire();
  log.add(name);
}

TEST_P(semaphore_test, free_permits_are_taken_without_suspending) {  // S41
  run([]() -> task<void> {
    semaphore permits(2);
    const auto before = this_task::scheduler().statistics().resumptions;
    co_await permits.acquire();
    EXPECT_EQ(permits.available(), 1U);
    EXPECT_FALSE(permits.is_locked());
    {
      const auto held = co_await permits.scoped_acquire();
      EXPECT_EQ(permits.available(), 0U);
      EXPECT_TRUE(permits.is_locked());
      EXPECT_FALSE(permits.try_acquire());
    }
    EXPECT_EQ(permits.available(), 1U);
    EXPECT_TRUE(permits.try_acquire());
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
  }());
}

TEST_P(semaphore_test, waiters_get_permits_in_the_order_of_their_arrival) {  // S139
  run([]() -> task<void> {
    semaphore permits(0);
    trace log;
    const auto line = co_await line_up(4, acquire_and_write, permits, log);
    EXPECT_EQ(log, "");
    permits.release();
    co_await settled();
    EXPECT_EQ(log, "a");
    permits.release();
    permits.release();
    co_await settled();
    EXPECT_EQ(log.sorted(), "a b c");
    EXPECT_FALSE(line[3].done());
    permits.release();
    co_await settled();
    EXPECT_EQ(log.sorted(), "a b c d");
    EXPECT_EQ(permits.available(), 0U);
  }());
}

TEST_P(semaphore_test, a_permit_may_be_released_that_nobody_acquired) {
  run([]() -> task<void> {
    semaphore permits(1);
    permits.release();
    EXPECT_EQ(permits.available(), 2U);
    co_await permits.acquire();
    co_await permits.acquire();
    EXPECT_TRUE(permits.is_locked());
  }());
}

TEST_P(semaphore_test, a_permit_that_was_moved_is_given_back_once) {
  run([]() -> task<void> {
    semaphore permits(1);
    {
      auto held = co_await permits.scoped_acquire();
      const auto moved = std::move(held);
      EXPECT_EQ(permits.available(), 0U);
    }
    EXPECT_EQ(permits.available(), 1U);
  }());
}

TEST_P(semaphore_order_test, a_permit_is_reserved_for_the_waiter_that_was_woken) {  // S139
  run([]() -> task<void> {
    semaphore permits(0);
    trace log;
    const auto line = co_await line_up(1, acquire_and_write, permits, log);
    permits.release();
    EXPECT_EQ(permits.available(), 0U);
    EXPECT_TRUE(permits.is_locked());
    permits.release();  // There is a permit now, but others come first.
    EXPECT_EQ(permits.available(), 1U);
    EXPECT_TRUE(permits.is_locked());
    EXPECT_FALSE(permits.try_acquire());
    auto late = spawn(acquire_and_write(permits, log, "z"));
    co_await settled();
    EXPECT_EQ(log, "a z");
    EXPECT_TRUE(late.done());
    EXPECT_EQ(permits.available(), 0U);
  }());
}

// It queued behind a woken waiter although there was a permit; nobody will release one for it.
TEST_P(semaphore_order_test, a_permit_kept_back_for_the_order_is_handed_on) {  // S140
  run([]() -> task<void> {
    semaphore permits(0);
    trace log;
    const auto line = co_await line_up(1, acquire_and_write, permits, log);
    permits.release();
    permits.release();
    permits.release();
    co_await acquire_and_write(permits, log, "y");
    co_await acquire_and_write(permits, log, "z");
    EXPECT_EQ(log, "a y z");
  }());
}

TEST_P(semaphore_order_test,
       a_reserved_permit_goes_to_the_next_if_its_owner_is_cancelled) {  // S140
  run([]() -> task<void> {
    semaphore permits(0);
    trace log;
    const auto line = co_await line_up(3, acquire_and_write, permits, log);
    permits.release();
    line[0].cancel();  // Has a permit, but has not run.
    co_await settled();
    EXPECT_TRUE(line[0].cancelled());
    EXPECT_EQ(log, "b");
    EXPECT_EQ(permits.available(), 0U);
    permits.release();
    line[2].cancel();
    co_await settled();
    EXPECT_EQ(permits.available(), 1U) << "nobody was left to take it";
  }());
}

TEST_P(semaphore_test, a_cancelled_waiter_takes_no_permit) {  // S140
  run([]() -> task<void> {
    semaphore permits(0);
    trace log;
    const auto line = co_await line_up(3, acquire_and_write, permits, log);
    line[0].cancel();
    line[1].cancel();
    permits.release();
    co_await settled();
    EXPECT_EQ(log, "c");
    EXPECT_EQ(permits.available(), 0U);
  }());
}

TEST_P(semaphore_order_test, all_waiters_but_one_may_be_cancelled_in_the_same_turn) {  // S140
  run([]() -> task<void> {
    semaphore permits(0);
    trace log;
    const auto line = co_await line_up(6, acquire_and_write, permits, log);
    permits.release();
    permits.release();
    for (std::size_t index = 0; index < 5; ++index) {
      line[index].cancel();
    }
    co_await settled();
    EXPECT_EQ(log, "f");
    EXPECT_EQ(permits.available(), 1U);
  }());
}

TEST_P(semaphore_test, a_permit_released_between_looking_and_waiting_is_not_missed) {  // B18
  run([]() -> task<void> {
    semaphore permits(0);
    const auto waiter = spawn([](semaphore& shared) -> task<void> {
      in_the_gap waiting(shared.acquire(), [&shared] { shared.release(); });
      co_await waiting;
    }(permits));
    co_await settled();
    EXPECT_TRUE(waiter.done());
    waiter.cancel();
    co_await settled();
    EXPECT_EQ(permits.available(), 0U);
  }());
}

// A cancellation at every turn of a run.

struct crowd {
  explicit crowd(std::size_t places) : permits(places), free(places) {}
  semaphore permits;
  std::size_t free;
};

task<void> enter_twice(crowd& shared) {
  for (int round = 0; round < 2; ++round) {
    const auto permit = co_await shared.permits.scoped_acquire();
    EXPECT_GT(shared.free, 0U);
    --shared.free;
    try {
      co_await yield();
    } catch (const cancelled_error&) {
      ++shared.free;
      throw;
    }
    ++shared.free;
  }
}

TEST_P(semaphore_order_test, a_cancellation_at_any_turn_keeps_the_number_of_permits) {  // B30, B32
  constexpr int members = 5;
  constexpr int turns_max = 25;
  for (int victim = 0; victim < members; ++victim) {
    for (int turns = 0; turns < turns_max; ++turns) {
      run([](int cancelled, int after) -> task<void> {
        crowd shared(2);
        std::vector<join_handle<void>> all;
        all.reserve(members);
        for (int index = 0; index < members; ++index) {
          all.push_back(spawn(enter_twice(shared)));
        }
        for (int turn = 0; turn < after; ++turn) {
          co_await yield();
        }
        all[static_cast<std::size_t>(cancelled)].cancel();
        co_await settled();
        for (const join_handle<void>& member : all) {
          EXPECT_TRUE(member.done()) << "cancelled " << cancelled << " at " << after;
        }
        EXPECT_EQ(shared.free, 2U);
        EXPECT_EQ(shared.permits.available(), 2U) << "cancelled " << cancelled << " at " << after;
      }(victim, turns));
    }
  }
}

// Threads.

struct contested {
  static constexpr int places = 3;
  semaphore permits{places};
  std::atomic<int> inside{0};
  std::atomic<int> inside_max{0};
  std::atomic<int> begun{0};

  void enter() {
    const int now = inside.fetch_add(1) + 1;
    EXPECT_LE(now, places);
    int seen = inside_max.load();
    while (now > seen && !inside_max.compare_exchange_weak(seen, now)) {
    }
  }
};

task<void> come_and_go(contested& shared, int rounds) {
  shared.begun.fetch_add(1);
  for (int round = 0; round < rounds; ++round) {
    try {
      const auto permit = co_await shared.permits.scoped_acquire();
      shared.enter();
      try {
        // The first ones stay until all places are taken: of so many tasks as many must get in.
        do {
          co_await yield();
        } while (shared.inside_max.load() < contested::places);
      } catch (const cancelled_error&) {
      }
      shared.inside.fetch_sub(1);
    } catch (const cancelled_error&) {
    }
  }
}

TEST_P(semaphore_threads_test, there_are_as_many_owners_as_permits_and_never_more) {
  run([]() -> task<void> {
    contested shared;
    std::vector<task<void>> all;
    for (int index = 0; index < 10; ++index) {
      all.push_back(come_and_go(shared, scaled(3'000)));
    }
    co_await gather(std::move(all));
    EXPECT_EQ(shared.inside_max.load(), contested::places);
    EXPECT_EQ(shared.permits.available(), std::size_t{contested::places});
  }());
}

TEST_P(semaphore_threads_test, cancellations_neither_lose_permits_nor_make_any) {  // S140, B33
  run([]() -> task<void> {
    contested shared;
    std::vector<join_handle<void>> all;
    for (int index = 0; index < 10; ++index) {
      all.push_back(spawn(come_and_go(shared, scaled(3'000))));
    }
    co_await cancel_at_random(all, shared.begun);
    EXPECT_EQ(shared.permits.available(), std::size_t{contested::places});
    EXPECT_FALSE(shared.permits.is_locked());
  }());
}

TEST_P(semaphore_test, a_bounded_semaphore_takes_back_no_more_than_it_gave) {  // S141
  run([]() -> task<void> {
    bounded_semaphore permits(2);
    EXPECT_THROW(permits.release(), std::invalid_argument);
    co_await permits.acquire();
    co_await permits.acquire();
    EXPECT_TRUE(permits.locked());
    permits.release();
    permits.release();
    EXPECT_THROW(permits.release(), std::invalid_argument);
    EXPECT_EQ(permits.available(), 2U);
  }());
}

TEST_P(semaphore_test, a_scoped_permit_never_gives_a_bounded_semaphore_one_too_many) {
  run([]() -> task<void> {
    bounded_semaphore permits(1);
    {
      const auto permit = co_await permits.scoped_acquire();
      permits.release();
    }
    EXPECT_EQ(permits.available(), 1U);
  }());
}

TEST_P(semaphore_test, a_permit_reserved_for_who_was_woken_is_not_back) {  // S139, S141
  run([]() -> task<void> {
    bounded_semaphore permits(1);
    trace log;
    co_await permits.acquire();
    auto waiter = spawn(acquire_and_write(permits, log, "a"));
    co_await settled();
    permits.release();
    co_await waiter;
    permits.release();
    EXPECT_THROW(permits.release(), std::invalid_argument);
  }());
}

TEST_P(semaphore_threads_test, a_thread_of_its_own_may_release) {
  run([]() -> task<void> {
    constexpr int rounds = scaled(2'000);
    semaphore permits(0);
    std::thread outsider([&permits] {
      for (int round = 0; round < rounds; ++round) {
        permits.release();
      }
    });
    for (int round = 0; round < rounds; ++round) {
      co_await permits.acquire();
    }
    outsider.join();
    EXPECT_EQ(permits.available(), 0U);
  }());
}

task<void> acquire_then_destroy(std::unique_ptr<semaphore> permits) { co_await permits->acquire(); }

TEST_P(semaphore_threads_test, whoever_was_given_a_permit_may_destroy_it) {  // B26
  run(let_waiters_destroy<semaphore>([] { return std::make_unique<semaphore>(0); },
                                     acquire_then_destroy,
                                     [](semaphore& shared) { shared.release(); }));
}

}  // namespace
}  // namespace jackdaw
