// tests/runtime/base/spin_lock_test.cpp
//
// Goal: one holder at a time, who sees what the one before wrote, and may destroy the lock. Method:
// threads that increment a plain number, and objects that die by the hand of the second holder.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/base/spin_lock.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::scaled;

static_assert(sizeof(spin_lock) == 1);

TEST(spin_lock_test, it_can_be_taken_again_after_it_was_given_back) {
  spin_lock lock;
  for (int round = 0; round < 3; ++round) {
    const std::lock_guard guard(lock);
  }
}

TEST(spin_lock_test, who_waits_until_it_is_left_sees_what_the_last_holder_did) {
  for (int round = 0; round < scaled(200); ++round) {
    auto lock = std::make_unique<spin_lock>();
    std::atomic<bool> held{false};
    int number = 0;
    std::thread holder([&] {
      const std::lock_guard guard(*lock);
      held = true;
      std::this_thread::yield();
      number = 1;
    });
    while (!held) {
    }
    lock->wait_until_left();
    EXPECT_EQ(number, 1);
    lock.reset();
    holder.join();
  }
}

TEST(spin_lock_test, increments_of_a_plain_number_under_the_lock_are_not_lost) {
  constexpr int each = scaled(50'000);
  spin_lock lock;
  int number = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int step = 0; step < each; ++step) {
        const std::lock_guard guard(lock);
        ++number;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(number, 4 * each);
}

TEST(spin_lock_test, who_waits_gets_in_after_the_holder_left_and_not_before) {
  for (int round = 0; round < scaled(200); ++round) {
    spin_lock lock;
    std::atomic<bool> waits{false};
    bool left = false;
    bool saw_left = false;
    lock.lock();
    std::thread waiter([&] {
      waits.store(true);
      const std::lock_guard guard(lock);
      saw_left = left;
    });
    while (!waits.load()) {
      std::this_thread::yield();
    }
    left = true;
    lock.unlock();
    waiter.join();
    ASSERT_TRUE(saw_left);
  }
}

TEST(spin_lock_test, who_has_had_the_lock_may_destroy_it_while_the_other_returns_from_unlock) {
  struct guarded {
    spin_lock lock;
    std::vector<int> data{1, 2, 3};
  };
  std::atomic<guarded*> shared{nullptr};
  constexpr int rounds = scaled(5'000);
  std::thread second([&] {
    for (int round = 0; round < rounds; ++round) {
      guarded* seen = nullptr;
      while ((seen = shared.exchange(nullptr)) == nullptr) {
        std::this_thread::yield();
      }
      seen->lock.lock();
      seen->lock.unlock();
      delete seen;
    }
  });
  for (int round = 0; round < rounds; ++round) {
    auto* const object = new guarded;
    object->lock.lock();
    shared.store(object);
    object->data.push_back(round);
    object->lock.unlock();
    while (shared.load() != nullptr) {
      std::this_thread::yield();
    }
  }
  second.join();
}

}  // namespace
}  // namespace jackdaw
