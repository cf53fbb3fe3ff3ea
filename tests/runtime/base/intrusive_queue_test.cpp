// tests/runtime/base/intrusive_queue_test.cpp
//
// Goal: a FIFO that also takes at the front and swallows others. Method: units, and random operations
// beside a std::deque.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/base/intrusive_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

struct item {
  explicit item(int value) : number(value) {}
  item* next = nullptr;
  int number;
};

using queue_of_items = intrusive_queue<item>;

std::vector<int> drained(queue_of_items& queue) {
  std::vector<int> result;
  while (const item* const popped = queue.pop_front()) {
    result.push_back(popped->number);
  }
  return result;
}

TEST(intrusive_queue_test, a_new_queue_is_empty) {
  queue_of_items queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.front(), nullptr);
  EXPECT_EQ(queue.pop_front(), nullptr);
}

TEST(intrusive_queue_test, it_is_a_fifo_and_the_front_can_be_jumped) {
  std::array items{item{0}, item{1}, item{2}};
  queue_of_items queue;
  queue.push_back(items[1]);
  queue.push_back(items[2]);
  queue.push_front(items[0]);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.front(), &items[0]);
  EXPECT_EQ(drained(queue), (std::vector{0, 1, 2}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(intrusive_queue_test, what_was_put_in_front_of_nothing_is_also_the_last) {
  item first{1};
  item second{2};
  queue_of_items queue;
  queue.push_front(first);
  queue.push_back(second);
  EXPECT_EQ(drained(queue), (std::vector{1, 2}));
}

TEST(intrusive_queue_test, an_item_may_be_pushed_again_after_it_was_popped) {
  item only{1};
  queue_of_items queue;
  for (int round = 0; round < 3; ++round) {
    queue.push_back(only);
    EXPECT_EQ(queue.pop_front(), &only);
    EXPECT_TRUE(queue.empty());
  }
}

TEST(intrusive_queue_test, moving_empties_the_source) {
  item first{1};
  item second{2};
  queue_of_items source;
  source.push_back(first);
  queue_of_items target(std::move(source));
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): the promise under test.
  EXPECT_EQ(source.size(), 0U);
  source.push_back(second);
  EXPECT_EQ(drained(source), (std::vector{2}));
  source = std::move(target);
  EXPECT_EQ(drained(source), (std::vector{1}));
  EXPECT_TRUE(target.empty());  // NOLINT(bugprone-use-after-move): as above.
}

TEST(intrusive_queue_test, assigning_over_items_would_lose_them_and_is_caught) {
  item first{1};
  queue_of_items full;
  full.push_back(first);
  EXPECT_DEATH(full = queue_of_items(), "empty\\(\\)");
}

TEST(intrusive_queue_test, append_moves_everything_behind_what_is_there) {
  std::array items{item{0}, item{1}, item{2}, item{3}};
  queue_of_items left;
  queue_of_items right;
  left.append(right);
  EXPECT_TRUE(left.empty());
  right.push_back(items[0]);
  right.push_back(items[1]);
  left.append(right);
  EXPECT_TRUE(right.empty());
  EXPECT_EQ(right.size(), 0U);
  right.push_back(items[2]);
  left.append(right);
  left.append(right);
  left.push_back(items[3]);
  EXPECT_EQ(left.size(), 4U);
  EXPECT_EQ(drained(left), (std::vector{0, 1, 2, 3}));
}

TEST(intrusive_queue_test, random_operations_agree_with_a_std_deque) {
  auto random = testing::random_numbers(2);
  std::vector<item> items;
  for (int number = 0; number < 30; ++number) {
    items.emplace_back(number);
  }
  std::vector<item*> free_items;
  for (item& next : items) {
    free_items.push_back(&next);
  }
  std::array<queue_of_items, 2> queues;
  std::array<std::deque<int>, 2> oracles;
  for (int step = 0; step < testing::scaled(50'000); ++step) {
    const auto chosen = static_cast<std::size_t>(random() % 2);
    queue_of_items& queue = queues[chosen];
    std::deque<int>& oracle = oracles[chosen];
    const auto action = random() % 16;
    if (action == 0) {
      queue.append(queues[1 - chosen]);
      oracle.insert(oracle.end(), oracles[1 - chosen].begin(), oracles[1 - chosen].end());
      oracles[1 - chosen].clear();
    } else if (action < 9 && !free_items.empty()) {
      item& pushed = *free_items.back();
      free_items.pop_back();
      if (action < 4) {
        queue.push_front(pushed);
        oracle.push_front(pushed.number);
      } else {
        queue.push_back(pushed);
        oracle.push_back(pushed.number);
      }
    } else if (item* const popped = queue.pop_front()) {
      ASSERT_EQ(popped->number, oracle.front());
      oracle.pop_front();
      free_items.push_back(popped);
    }
    ASSERT_EQ(queue.size(), oracle.size()) << "step " << step;
    ASSERT_EQ(queue.empty(), oracle.empty());
  }
}

}  // namespace
}  // namespace jackdaw
