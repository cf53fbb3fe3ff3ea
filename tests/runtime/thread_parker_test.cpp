// tests/runtime/thread_parker_test.cpp
//
// Goal: the promises of park() and wake(). Method: permits on one thread; two threads that hand a plain
// number to each other and never wait by the clock.
#include "../support/stress.hpp"
#include <jackdaw/runtime/thread_parker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;

TEST(thread_parker_test, a_permit_that_is_there_ends_the_next_park_at_once) {
  thread_parker parker;
  work_list ready;
  parker.wake();
  parker.park(never, ready);
  EXPECT_TRUE(ready.empty());
}

TEST(thread_parker_test, permits_do_not_add_up) {
  thread_parker parker;
  work_list ready;
  parker.wake();
  parker.wake();
  parker.park(never, ready);
  const time_point deadline = std::chrono::steady_clock::now() + 2ms;
  parker.park(deadline, ready);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
  EXPECT_EQ(parker.statistics().wakes, 1U);
}

TEST(thread_parker_test, a_look_does_not_wait_and_takes_the_permit) {
  thread_parker parker;
  work_list ready;
  parker.park(at_once, ready);
  parker.wake();
  parker.park(at_once, ready);
  const time_point deadline = std::chrono::steady_clock::now() + 2ms;
  parker.park(deadline, ready);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
  EXPECT_EQ(parker.statistics().polls, 2U);
  EXPECT_EQ(parker.statistics().waits, 1U);
}

TEST(thread_parker_test, a_deadline_in_the_past_does_not_wait) {
  thread_parker parker;
  work_list ready;
  parker.park(std::chrono::steady_clock::now() - 1h, ready);
}

TEST(thread_parker_test, it_counts_where_it_is_told_to_count) {
  driver_counters elsewhere;
  work_list ready;
  {
    thread_parker parker;
    EXPECT_EQ(parker.family(), nullptr);
    parker.count_into(elsewhere);
    parker.park(at_once, ready);
    parker.wake();
    parker.park(never, ready);
    EXPECT_EQ(parker.statistics().waits, 1U);
  }
  EXPECT_EQ(elsewhere.snapshot().polls, 1U);
  EXPECT_EQ(elsewhere.snapshot().waits, 1U);
  EXPECT_EQ(elsewhere.snapshot().wakes, 1U);
  EXPECT_EQ(elsewhere.snapshot().system_calls, 1U);
}

TEST(thread_parker_test, two_threads_that_wake_each_other_never_sleep_through_it) {
  constexpr int rounds = testing::scaled(20'000);
  thread_parker ping;
  thread_parker pong;
  int ball = 0;  // Plain: wake() and park() must order the accesses.
  const auto play = [&ball](thread_parker& own, thread_parker& other, int first) {
    work_list ready;
    for (int round = first; round < 2 * rounds; round += 2) {
      own.park(never, ready);
      EXPECT_EQ(ball, round);
      ++ball;
      other.wake();
    }
  };
  ping.wake();
  std::thread partner([&] { play(pong, ping, 1); });
  play(ping, pong, 0);
  partner.join();
  EXPECT_EQ(ball, 2 * rounds);
}

TEST(thread_parker_test, of_many_wakers_none_is_overlooked) {
  constexpr int each = testing::scaled(20'000);
  thread_parker parker;
  std::atomic<int> published{0};
  std::vector<std::thread> wakers;
  for (int waker = 0; waker < 3; ++waker) {
    wakers.emplace_back([&] {
      for (int step = 0; step < each; ++step) {
        published.fetch_add(1, std::memory_order_relaxed);
        parker.wake();
      }
    });
  }
  work_list ready;
  while (published.load(std::memory_order_relaxed) < 3 * each) {
    parker.park(never, ready);
  }
  for (std::thread& waker : wakers) {
    waker.join();
  }
}

}  // namespace
}  // namespace jackdaw
