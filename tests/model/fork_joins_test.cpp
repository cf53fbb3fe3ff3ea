// tests/model/fork_joins_test.cpp
//
// Goal: the claims of fork_joins.hpp: who forked goes on exactly once, sees what all the others wrote, and may
// destroy what they met in. Method: all executions of one who forks and joins, and of up to three who end.
#include "exploration.hpp"
#include "memory.hpp"
#include "plain.hpp"
#include <jackdaw/runtime/fork_joins.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <source_location>
#include <string>

namespace jackdaw::model {
namespace {

// What goes when T goes on: the group, with its counter and what the branches wrote.
template <class Memory, unsigned Branches>
struct group {
  basic_join_counter<Memory> counter;
  std::array<plain<int>, Branches> results;
  plain<int> alive{1};
  atomic<int> continued{0};

  // Whoever continues T: it reads the results, and the group is gone.
  void go_on() {
    check(continued.fetch_add(1, std::memory_order_relaxed) == 0, "T goes on once");
    for (auto& result : results) {
      check(result.get() == 7, "the results of all branches are there");
    }
    alive.end();
  }
};

template <class Memory, unsigned Branches, bool LooksFirst>
void joined(execution& run) {
  group<Memory, Branches> at;
  for (unsigned index = 0; index < Branches; ++index) {
    run.thread("branch " + std::to_string(index), [&, index] {
      at.results[index].set(7);
      // Its last access but for going on: no use of the group may follow.
      static_cast<void>(at.alive.get());
      if (at.counter.count_end()) {
        at.go_on();
      }
    });
  }
  run.thread("T", [&] {
    if (LooksFirst && at.counter.have_ended(Branches)) {
      at.go_on();
      return;
    }
    static_cast<void>(at.alive.get());
    if (at.counter.wait_for(Branches)) {
      at.go_on();
    }
  });
  run.join();
  check(at.continued.load(std::memory_order_relaxed) == 1, "T has gone on");
}

constexpr std::uintptr_t semaphore_address = 16;

// std::binary_semaphore: blocks; a release happens before the acquire that it ends.
class semaphore {
  using place = std::source_location;

 public:
  semaphore() : count_(execution::current().add_location(0)) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  ~semaphore() { execution::current().end_location(count_, place::current()); }

  void release(place where = place::current()) noexcept {
    execution::current().modify(count_, std::memory_order_release, where,
                                [](std::uint64_t) { return 1; });
  }
  void acquire(place where = place::current()) noexcept {
    execution::current().modify(count_, std::memory_order_acquire, where,
                                [](std::uint64_t) { return 0; },
                                {condition::kind::is_not_zero, count_});
  }

 private:
  unsigned count_;
};

// The fork lies on the forker's stack and goes when it has been joined.
template <class Memory, bool LooksFirst>
void waited_for(execution& run) {
  basic_thief_word<Memory> word;
  semaphore sleeper;  // The worker's: it outlives the fork.
  plain<int> result(0);
  plain<int> fork(1);
  run.thread("thief", [&] {
    result.set(7);
    static_cast<void>(fork.get());
    if (word.end() == semaphore_address) {
      sleeper.release();
    }
  });
  run.thread("forker", [&] {
    if (!(LooksFirst && word.has_ended()) && word.sleep_on(semaphore_address)) {
      sleeper.acquire();
    }
    check(result.get() == 7, "the result is there");
    fork.end();
  });
  run.join();
}

TEST(fork_joins_model, who_comes_last_continues_and_sees_all) {
  EXPECT_TRUE(always_holds(joined<memory, 1, false>));
  EXPECT_TRUE(always_holds(joined<memory, 2, false>));
  EXPECT_TRUE(always_holds(joined<memory, 3, false>));
}

TEST(fork_joins_model, a_look_that_finds_all_ended_is_enough) {
  EXPECT_TRUE(always_holds(joined<memory, 1, true>));
  EXPECT_TRUE(always_holds(joined<memory, 2, true>));
}

TEST(fork_joins_model, no_wake_up_of_a_forker_is_lost_and_its_fork_is_left_alone) {
  EXPECT_TRUE(always_holds(waited_for<memory, false>));
  EXPECT_TRUE(always_holds(waited_for<memory, true>));
}

// -- Canaries ----------------------------------------------------------------------------------------

TEST(fork_joins_model, canary_without_orders_results_are_not_there) {
  EXPECT_TRUE(fails(joined<relaxed_memory, 2, false>, "a race"));
  EXPECT_TRUE(fails(waited_for<relaxed_memory, true>, "a race"));
}

// T looks how many have ended, and then says that it waits.
TEST(fork_joins_model, canary_looking_and_then_waiting_loses_the_end) {
  EXPECT_TRUE(fails(
      [](execution& run) {
        atomic<int> ended(0);
        atomic<int> waits(0);
        atomic<int> continued(0);
        run.thread("branch", [&] {
          ended.fetch_add(1, std::memory_order_acq_rel);
          if (waits.load(std::memory_order_acquire) == 1) {
            continued.store(1, std::memory_order_relaxed);
          }
        });
        run.thread("T", [&] {
          if (ended.load(std::memory_order_acquire) == 1) {
            continued.store(1, std::memory_order_relaxed);
          } else {
            waits.store(1, std::memory_order_release);
          }
        });
        run.join();
        check(continued.load(std::memory_order_relaxed) == 1, "T has gone on");
      },
      "T has gone on"));
}

}  // namespace
}  // namespace jackdaw::model
