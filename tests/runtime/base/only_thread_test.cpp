// tests/runtime/base/only_thread_test.cpp
//
// Goal: what is done without locked instructions by the only thread is seen by those that come, and is done
// with them from then on. Method: the same counter and the same lock, before and after a thread was created.
// Run by ctest, each test is a process of its own, and begins alone; in one process with others it may not.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/base/only_thread.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using jackdaw::testing::scaled;

TEST(only_thread_test, nobody_is_alone_once_a_thread_was_created) {
  bool alone_in_the_thread = true;
  std::thread([&] { alone_in_the_thread = is_only_thread(); }).join();
  EXPECT_FALSE(alone_in_the_thread);
  EXPECT_FALSE(is_only_thread());
}

TEST(only_thread_test, adding_gives_what_was_there_before) {
  std::atomic<unsigned> counter{5};
  EXPECT_EQ(fetch_add(counter, 2U, std::memory_order_relaxed), 5U);
  EXPECT_EQ(fetch_add(counter, -1U, std::memory_order_acq_rel), 7U);
  EXPECT_EQ(counter.load(), 6U);
}

TEST(only_thread_test, nothing_is_lost_between_what_was_added_alone_and_by_many) {
  constexpr unsigned threads = 4;
  const auto times = static_cast<unsigned>(scaled(20'000));
  std::atomic<unsigned> counter{0};
  const auto add = [&] {
    for (unsigned round = 0; round < times; ++round) {
      fetch_add(counter, 1U, std::memory_order_relaxed);
    }
  };
  add();
  std::vector<std::thread> others;
  for (unsigned index = 0; index < threads; ++index) {
    others.emplace_back(add);
  }
  add();
  for (std::thread& other : others) {
    other.join();
  }
  EXPECT_EQ(counter.load(), (threads + 2) * times);
}

TEST(only_thread_test, a_lock_that_was_taken_alone_keeps_a_new_thread_out) {
  spin_lock lock;
  int value = 1;
  int seen = 0;
  lock.lock();
  std::thread other([&] {
    const std::lock_guard guard(lock);
    seen = value;
  });
  for (int turns = 0; turns < 100; ++turns) {
    std::this_thread::yield();
  }
  value = 2;
  lock.unlock();
  other.join();
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace jackdaw
