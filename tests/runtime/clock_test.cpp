// tests/runtime/clock_test.cpp
//
// Goal: deadlines do not overflow, and virtual time never goes back. Method: units, and threads that
// advance one clock.
#include "../support/stress.hpp"
#include <jackdaw/runtime/clock.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration since_start) { return time_point(since_start); }

TEST(clock_test, a_deadline_is_now_plus_the_wait) {
  static_assert(deadline_after(at(5s), 3s) == at(8s));
  static_assert(deadline_after(at(5s), 0s) == at(5s));
  static_assert(deadline_after(at(5s), -3s) == at(2s));
}

TEST(clock_test, an_absurdly_long_wait_is_for_ever) {
  static_assert(deadline_after(at(5s), duration::max()) == never);
  static_assert(deadline_after(at(1ns), duration::max() - 1ns) == never);
  static_assert(deadline_after(at(2ns), duration::max() - 1ns) == never);
  static_assert(deadline_after(at(0s), duration::max() - 1ns) < never);
  static_assert(deadline_after(never, 1ns) == never);
  static_assert(deadline_after(at(5s), duration::min()) < at(0s));
}

TEST(clock_test, every_time_lies_between_at_once_and_never) {
  static_assert(at_once < at(0s) && at(0s) < never);
  const steady_clock clock;
  EXPECT_LT(at_once, clock.now());
  EXPECT_LT(clock.now(), never);
}

TEST(clock_test, the_steady_clock_is_the_monotonic_one_and_is_read_each_time) {
  const steady_clock clock;
  const time_point before = std::chrono::steady_clock::now();
  const time_point first = clock.now();
  time_point second = first;
  while (second == first) {
    second = clock.now();
  }
  const time_point after = std::chrono::steady_clock::now();
  EXPECT_LE(before, first);
  EXPECT_LT(first, second);
  EXPECT_LE(second, after);
}

TEST(clock_test, virtual_time_starts_at_zero_and_stands_still) {
  const virtual_clock clock;
  EXPECT_EQ(clock.now(), at(0s));
  EXPECT_EQ(clock.now(), at(0s));
}

TEST(clock_test, virtual_time_jumps_forward_and_never_back) {
  virtual_clock clock;
  clock.advance_to(at(10s));
  EXPECT_EQ(clock.now(), at(10s));
  clock.advance_to(at(3s));
  EXPECT_EQ(clock.now(), at(10s));
  clock.advance_to(at(10s));
  EXPECT_EQ(clock.now(), at(10s));
  clock.advance_to(at_once);
  EXPECT_EQ(clock.now(), at(10s));
}

TEST(clock_test, of_many_who_advance_it_the_latest_wins_and_nobody_sees_it_go_back) {
  constexpr int steps = testing::scaled(50'000);
  virtual_clock clock;
  std::atomic<int> went_back{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&clock, &went_back, thread] {
      time_point seen = clock.now();
      for (int step = 0; step < steps; ++step) {
        clock.advance_to(at(duration(3 * step + thread)));
        const time_point now = clock.now();
        went_back += now < seen ? 1 : 0;
        seen = now;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(went_back.load(), 0);
  EXPECT_EQ(clock.now(), at(duration(3 * (steps - 1) + 2)));
}

TEST(clock_test, who_sees_the_new_time_sees_what_was_done_before_it) {
  for (int round = 0; round < testing::scaled(200); ++round) {
    virtual_clock clock;
    int written = 0;
    std::thread writer([&] {
      written = 42;
      clock.advance_to(at(1s));
    });
    while (clock.now() < at(1s)) {
      std::this_thread::yield();
    }
    EXPECT_EQ(written, 42);
    writer.join();
  }
}

}  // namespace
}  // namespace jackdaw
