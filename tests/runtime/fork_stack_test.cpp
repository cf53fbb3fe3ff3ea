// tests/runtime/fork_stack_test.cpp
//
// Goal: forks come back newest first, the oldest is shown to others, and each is had by exactly one of its owner
// and the thieves. Method: a host that counts what it is told; every order of small numbers of forks; then an owner
// that pushes and pops at random against threads that steal.
#include "../support/stress.hpp"
#include <jackdaw/runtime/base/random.hpp>
#include <jackdaw/runtime/fork_stack.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::scaled;

struct counting_host final : fork_host {
  void fork_shown() noexcept override { ++shown; }
  void fork_taken_back() noexcept override { ++taken_back; }
  bool forks_should_yield() noexcept override { return false; }
  void set_aside(task_record& /*task*/) noexcept override {}
  void serve_outside() noexcept override {}
  int shown = 0;
  int taken_back = 0;
};

struct marked_fork : fork {
  marked_fork() noexcept : fork(nullptr, nullptr) {}
  std::atomic<int> runs{0};
};

/// Pops what its owner would run next: the newest of the list, else what is shown.
fork* pop_or_take_back(fork_stack& stack) {
  if (!stack.empty()) {
    fork& newest = stack.top();
    stack.pop();
    return &newest;
  }
  return stack.take();
}

TEST(fork_stack_test, with_nobody_to_take_them_forks_are_a_stack) {
  counting_host host;
  fork_stack stack(host, false);
  std::deque<marked_fork> forks(5);
  for (marked_fork& each : forks) {
    stack.push(each);
  }
  EXPECT_FALSE(stack.shows_something());
  EXPECT_EQ(stack.take(), nullptr);
  for (auto each = forks.rbegin(); each != forks.rend(); ++each) {
    ASSERT_EQ(&stack.top(), &*each);
    stack.pop();
  }
  EXPECT_TRUE(stack.empty());
  EXPECT_EQ(host.shown, 0);
}

TEST(fork_stack_test, the_oldest_is_shown_and_the_next_one_when_it_is_gone) {
  counting_host host;
  fork_stack stack(host, true);
  std::deque<marked_fork> forks(4);
  for (marked_fork& each : forks) {
    stack.push(each);
  }
  EXPECT_TRUE(stack.shows_something());
  EXPECT_EQ(stack.shown(), &forks[0]);
  EXPECT_EQ(stack.take(), &forks[0]);
  EXPECT_FALSE(stack.shows_something());
  marked_fork another;
  stack.push(another);
  EXPECT_EQ(stack.shown(), &forks[1]);
  EXPECT_EQ(&stack.top(), &another);
  EXPECT_EQ(host.shown, 2);
  EXPECT_EQ(stack.sightings(), 2U);
  for (int left = 0; left < 3; ++left) {
    EXPECT_NE(pop_or_take_back(stack), nullptr);
  }
  EXPECT_EQ(stack.take(), &forks[1]);
}

TEST(fork_stack_test, what_is_shown_can_be_taken_back_once) {
  counting_host host;
  fork_stack stack(host, true);
  marked_fork only;
  stack.push(only);
  EXPECT_TRUE(stack.empty()) << "it is in the window";
  EXPECT_TRUE(stack.take_back(only));
  EXPECT_FALSE(stack.take_back(only));
  EXPECT_EQ(host.taken_back, 1);
  EXPECT_EQ(stack.take(), nullptr);
}

TEST(fork_stack_test, one_can_be_removed_wherever_it_lies) {
  for (int removed = 0; removed < 4; ++removed) {
    counting_host host;
    fork_stack stack(host, false);
    std::deque<marked_fork> forks(4);
    for (marked_fork& each : forks) {
      stack.push(each);
    }
    EXPECT_TRUE(stack.remove(forks[static_cast<std::size_t>(removed)]));
    EXPECT_FALSE(stack.remove(forks[static_cast<std::size_t>(removed)]));
    for (int index = 3; index >= 0; --index) {
      if (index != removed) {
        ASSERT_EQ(&stack.top(), &forks[static_cast<std::size_t>(index)]);
        stack.pop();
      }
    }
    EXPECT_TRUE(stack.empty());
  }
}

TEST(fork_stack_test, a_round_is_over_once_in_so_many_ticks) {
  counting_host host;
  fork_stack stack(host, false);
  int over = 0;
  for (std::uint32_t tick = 0; tick < 3 * fork_stack::round; ++tick) {
    over += stack.tick() ? 1 : 0;
  }
  EXPECT_EQ(over, 3);
}

TEST(fork_stack_test, against_thieves_each_fork_is_had_by_one) {
  counting_host host;
  fork_stack stack(host, true);
  std::deque<marked_fork> forks(static_cast<std::size_t>(scaled(100'000)));
  std::atomic<bool> over{false};
  std::vector<std::thread> thieves;
  for (int thief = 0; thief < 2; ++thief) {
    thieves.emplace_back([&] {
      while (!over.load()) {
        if (fork* const taken = stack.take()) {
          ++static_cast<marked_fork*>(taken)->runs;
        }
      }
    });
  }
  random_generator random(1);
  for (marked_fork& each : forks) {
    stack.push(each);
    if (random.below(2) == 0) {
      if (fork* const own = pop_or_take_back(stack)) {
        ++static_cast<marked_fork*>(own)->runs;
      }
    }
  }
  while (fork* const own = pop_or_take_back(stack)) {
    ++static_cast<marked_fork*>(own)->runs;
  }
  over = true;
  for (std::thread& thief : thieves) {
    thief.join();
  }
  for (const marked_fork& each : forks) {
    ASSERT_EQ(each.runs.load(), 1);
  }
}

}  // namespace
}  // namespace jackdaw
