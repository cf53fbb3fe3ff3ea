// tests/runtime/fork_joins_test.cpp
//
// Goal: the two words of a fork's end, with real threads; tests/model/fork_joins_test.cpp runs all executions.
// Method: plain numbers that only the words order, under ThreadSanitizer.
#include "../support/stress.hpp"
#include <jackdaw/runtime/fork_joins.hpp>

#include <gtest/gtest.h>

#include <array>
#include <semaphore>
#include <thread>

namespace jackdaw {
namespace {

TEST(fork_joins_test, whoever_comes_last_has_the_results) {
  for (int round = 0; round < testing::scaled(2'000); ++round) {
    join_counter counter;
    std::array<int, 2> results{};
    std::atomic<int> continued{0};
    int sum = 0;
    const auto go_on = [&] {
      continued.fetch_add(1, std::memory_order_relaxed);
      sum = results[0] + results[1];
    };
    std::array<std::thread, 2> branches;
    for (std::size_t index = 0; index < branches.size(); ++index) {
      branches[index] = std::thread([&, index] {
        results[index] = 3;
        if (counter.count_end()) {
          go_on();
        }
      });
    }
    if (counter.have_ended(2) || counter.wait_for(2)) {
      go_on();
    }
    for (std::thread& branch : branches) {
      branch.join();
    }
    EXPECT_EQ(continued.load(), 1);
    EXPECT_EQ(sum, 6);
  }
}

TEST(fork_joins_test, a_thief_wakes_who_sleeps_and_nobody_else) {
  for (int round = 0; round < testing::scaled(2'000); ++round) {
    thief_word word;
    std::binary_semaphore semaphore(0);
    int result = 0;
    std::thread thief([&] {
      result = 7;
      if (word.end() != 0) {
        semaphore.release();
      }
    });
    if (!word.has_ended() && word.sleep_on(reinterpret_cast<std::uintptr_t>(&semaphore))) {
      semaphore.acquire();
    }
    EXPECT_TRUE(word.has_ended());
    EXPECT_EQ(result, 7);
    thief.join();
  }
}

}  // namespace
}  // namespace jackdaw
