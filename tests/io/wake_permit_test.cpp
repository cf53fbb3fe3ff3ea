// tests/io/wake_permit_test.cpp
//
// Goal: a wake-up is never lost, and costs a system call only if somebody sleeps. Method: the states
// by hand; then threads that wake a sleeper who waits for the descriptor, in rounds in which one lost
// permit is a hang.
#include "../support/stress.hpp"
#include <jackdaw/io/wake_permit.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace jackdaw::io {
namespace {

bool readable_within(const wake_permit& permit, int milliseconds) {
  pollfd entry{permit.descriptor(), POLLIN, 0};
  return poll(&entry, 1, milliseconds) == 1;
}

std::uint64_t count_of(const wake_permit& permit) {
  std::uint64_t count = 0;
  return read(permit.descriptor(), &count, sizeof(count)) == sizeof(count) ? count : 0;
}

TEST(wake_permit_test, a_wake_while_nobody_sleeps_writes_nothing_and_forbids_the_next_sleep) {
  wake_permit permit;
  EXPECT_FALSE(permit.wake());
  EXPECT_FALSE(readable_within(permit, 0));
  EXPECT_FALSE(permit.prepare_to_sleep());
  EXPECT_TRUE(permit.prepare_to_sleep()) << "the permit has been taken";
  permit.woke_up();
}

TEST(wake_permit_test, of_many_wakes_of_a_sleeper_one_writes) {
  wake_permit permit;
  ASSERT_TRUE(permit.prepare_to_sleep());
  EXPECT_TRUE(permit.wake());
  EXPECT_FALSE(permit.wake());
  EXPECT_FALSE(permit.wake());
  EXPECT_TRUE(readable_within(permit, 0));
  EXPECT_EQ(count_of(permit), 1U);
}

TEST(wake_permit_test, permits_do_not_add_up) {
  wake_permit permit;
  permit.wake();
  permit.wake();
  EXPECT_FALSE(permit.prepare_to_sleep());
  EXPECT_TRUE(permit.prepare_to_sleep());
  permit.woke_up();
}

TEST(wake_permit_test, waking_up_takes_the_permit) {
  wake_permit permit;
  ASSERT_TRUE(permit.prepare_to_sleep());
  permit.wake();
  permit.woke_up();
  static_cast<void>(count_of(permit));
  EXPECT_TRUE(permit.prepare_to_sleep());
  permit.woke_up();
}

// Each round: the owner sleeps until every waker has published its round; a waker publishes, then wakes.
TEST(wake_permit_test, no_wake_is_lost_between_four_wakers_and_a_sleeper) {
  constexpr unsigned wakers = 4;
  const auto rounds = static_cast<std::uint64_t>(testing::scaled(20'000));
  wake_permit permit;
  std::atomic<std::uint64_t> round{0};
  std::vector<std::atomic<std::uint64_t>> published(wakers);
  std::vector<std::thread> threads;
  for (unsigned index = 0; index < wakers; ++index) {
    threads.emplace_back([&, index] {
      for (std::uint64_t mine = 1; mine <= rounds; ++mine) {
        round.wait(mine - 1);
        // Relaxed: only the permit may make it visible.
        published[index].store(mine, std::memory_order_relaxed);
        permit.wake();
      }
    });
  }
  std::uint64_t lost = 0;
  for (std::uint64_t now = 1; now <= rounds && lost == 0; ++now) {
    round.store(now);
    round.notify_all();
    const auto all_published = [&] {
      for (const auto& each : published) {
        if (each.load(std::memory_order_relaxed) < now) {
          return false;
        }
      }
      return true;
    };
    while (!all_published()) {
      if (permit.prepare_to_sleep()) {
        // With nothing lost the descriptor becomes readable; ten seconds are for a loaded machine.
        lost += readable_within(permit, 10'000) ? 0 : 1;
        static_cast<void>(count_of(permit));
      }
      permit.woke_up();
      if (lost != 0) {
        break;
      }
    }
  }
  round.store(rounds);
  round.notify_all();
  for (std::thread& each : threads) {
    each.join();
  }
  EXPECT_EQ(lost, 0U);
}

}  // namespace
}  // namespace jackdaw::io
