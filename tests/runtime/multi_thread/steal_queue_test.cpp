// tests/runtime/multi_thread/steal_queue_test.cpp
//
// Goal: each item exactly once, oldest first, in batches of at least one, whatever the index. Method:
// units and a std::deque as oracle, from first indices near the limits of narrower types; a stress of
// an owner and thieves.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/multi_thread/steal_queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

using testing::random_numbers;
using testing::scaled;

constexpr std::size_t small_capacity = 8;
using small_queue = steal_queue<int, small_capacity>;

std::vector<int> numbered(int count) {
  std::vector<int> items(static_cast<std::size_t>(count));
  std::iota(items.begin(), items.end(), 0);
  return items;
}

template <class Queue>
std::size_t push(Queue& queue, std::vector<int>& items, std::size_t first, std::size_t count) {
  std::vector<int*> batch;
  for (std::size_t index = first; index < first + count; ++index) {
    batch.push_back(&items[index]);
  }
  return queue.push(batch);
}

template <class Queue>
std::vector<int> steal(Queue& queue, std::size_t room) {
  std::vector<int*> loot(room);
  const std::size_t count = queue.steal(loot);
  std::vector<int> numbers;
  for (std::size_t index = 0; index < count; ++index) {
    numbers.push_back(*loot[index]);
  }
  return numbers;
}

class steal_queue_test : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  small_queue queue{GetParam()};
  std::vector<int> items = numbered(100);
};

INSTANTIATE_TEST_SUITE_P(from, steal_queue_test,
                         ::testing::Values(0, (1ULL << 31) - 3, (1ULL << 32) - 3, (1ULL << 63) - 3,
                                           std::numeric_limits<std::uint64_t>::max() - 3));

TEST_P(steal_queue_test, a_new_queue_is_empty) {
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(steal(queue, 4).empty());
}

TEST_P(steal_queue_test, the_owner_takes_the_oldest_first) {
  EXPECT_EQ(push(queue, items, 0, 5), 5U);
  EXPECT_EQ(queue.size(), 5U);
  for (int number = 0; number < 5; ++number) {
    EXPECT_EQ(*queue.pop(), number);
  }
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST_P(steal_queue_test, what_does_not_fit_is_left_to_the_caller) {
  EXPECT_EQ(push(queue, items, 0, 20), small_capacity);
  EXPECT_EQ(queue.size(), small_capacity);
  EXPECT_EQ(push(queue, items, 8, 1), 0U);
  EXPECT_EQ(*queue.pop(), 0);
  EXPECT_EQ(push(queue, items, 8, 3), 1U);
  for (int number = 1; number <= 8; ++number) {
    EXPECT_EQ(*queue.pop(), number);
  }
}

TEST_P(steal_queue_test, pushing_nothing_changes_nothing) {
  EXPECT_EQ(queue.push({}), 0U);
  EXPECT_TRUE(queue.empty());
}

TEST_P(steal_queue_test, a_thief_takes_the_older_half_rounded_up) {
  for (std::size_t count = 1; count <= small_capacity; ++count) {
    ASSERT_EQ(push(queue, items, 0, count), count);
    const std::vector<int> loot = steal(queue, small_capacity);
    EXPECT_EQ(loot, numbered(static_cast<int>((count + 1) / 2))) << count << " items";
    EXPECT_EQ(queue.size(), count / 2);
    while (queue.pop() != nullptr) {
    }
  }
}

TEST_P(steal_queue_test, a_thief_takes_no_more_than_it_has_room_for) {
  ASSERT_EQ(push(queue, items, 0, 8), 8U);
  EXPECT_TRUE(steal(queue, 0).empty());
  EXPECT_EQ(steal(queue, 1), (std::vector{0}));
  EXPECT_EQ(steal(queue, 3), (std::vector{1, 2, 3}));
  EXPECT_EQ(*queue.pop(), 4);
}

TEST_P(steal_queue_test, a_thief_who_comes_again_and_again_gets_everything) {
  ASSERT_EQ(push(queue, items, 0, 8), 8U);
  std::vector<int> all;
  while (!queue.empty()) {
    const std::vector<int> loot = steal(queue, small_capacity);
    ASSERT_FALSE(loot.empty());
    all.insert(all.end(), loot.begin(), loot.end());
  }
  EXPECT_EQ(all, numbered(8));
}

TEST_P(steal_queue_test, random_operations_agree_with_a_deque) {
  auto random = random_numbers(40);
  std::deque<int> oracle;
  std::size_t next = 0;
  for (int step = 0; step < scaled(20'000); ++step) {
    const auto amount = static_cast<std::size_t>(random() % 6);
    const auto action = random() % 3;
    if (action == 0) {
      next = next + amount < items.size() ? next : 0;
      const std::size_t pushed = push(queue, items, next, amount);
      ASSERT_EQ(pushed, std::min(amount, small_capacity - oracle.size()));
      for (std::size_t index = 0; index < pushed; ++index) {
        oracle.push_back(items[next++]);
      }
    } else if (action == 1) {
      const int* const item = queue.pop();
      ASSERT_EQ(item == nullptr, oracle.empty());
      if (item != nullptr) {
        ASSERT_EQ(*item, oracle.front());
        oracle.pop_front();
      }
    } else {
      const std::vector<int> loot = steal(queue, amount);
      ASSERT_EQ(loot.size(), std::min(amount, (oracle.size() + 1) / 2));
      ASSERT_TRUE(std::equal(loot.begin(), loot.end(), oracle.begin()));
      oracle.erase(oracle.begin(), oracle.begin() + static_cast<std::ptrdiff_t>(loot.size()));
    }
    ASSERT_EQ(queue.size(), oracle.size());
    ASSERT_EQ(queue.empty(), oracle.empty());
  }
}

/// What one taker saw: that its items came in order, and how often each was taken.
struct taker {
  std::atomic<int>* taken;
  int last = -1;
  int out_of_order = 0;

  void take(int number) {
    taken[number].fetch_add(1, std::memory_order_relaxed);
    out_of_order += number <= last ? 1 : 0;
    last = number;
  }
};

template <std::size_t Capacity>
void owner_and_thieves(std::uint64_t first_index, int thieves_count) {
  const int count = scaled(200'000);
  std::vector<int> items = numbered(count);
  std::vector<std::atomic<int>> taken(items.size());
  steal_queue<int, Capacity> queue(first_index);
  std::atomic<bool> over{false};
  std::vector<taker> takers(static_cast<std::size_t>(thieves_count) + 1, taker{taken.data()});
  std::vector<std::thread> thieves;
  for (int thief = 1; thief <= thieves_count; ++thief) {
    thieves.emplace_back(
        [&, &me = takers[static_cast<std::size_t>(thief)],
         random = random_numbers(50 + static_cast<std::uint64_t>(thief))]() mutable {
          std::array<int*, Capacity> loot{};
          while (!over.load() || !queue.empty()) {
            const std::size_t room = 1 + random() % Capacity;
            const std::size_t stolen = queue.steal(std::span(loot).first(room));
            ASSERT_LE(stolen, room);
            ASSERT_LE(stolen, (Capacity + 1) / 2);
            for (std::size_t index = 0; index < stolen; ++index) {
              ASSERT_TRUE(index == 0 || *loot[index] == *loot[index - 1] + 1) << "a gap in a batch";
              me.take(*loot[index]);
            }
            if (stolen == 0) {
              std::this_thread::yield();
            }
          }
        });
  }
  auto random = random_numbers(49);
  std::size_t next = 0;
  while (next < items.size()) {
    const std::size_t amount = std::min<std::size_t>(1 + random() % 4, items.size() - next);
    next += push(queue, items, next, amount);
    for (auto pops = random() % 4; pops > 0; --pops) {
      if (const int* const item = queue.pop()) {
        takers[0].take(*item);
      }
    }
  }
  while (const int* const item = queue.pop()) {
    takers[0].take(*item);
  }
  over.store(true);
  for (std::thread& thief : thieves) {
    thief.join();
  }
  const bool once = std::all_of(taken.begin(), taken.end(),
                                [](const std::atomic<int>& times) { return times.load() == 1; });
  EXPECT_TRUE(once) << "an item was lost, or taken twice";
  for (const taker& one : takers) {
    EXPECT_EQ(one.out_of_order, 0);
  }
}

TEST_P(steal_queue_test, an_owner_and_a_thief_share_each_item_exactly_once) {
  owner_and_thieves<256>(GetParam(), 1);
}

TEST_P(steal_queue_test, an_owner_and_three_thieves_share_a_narrow_queue) {
  owner_and_thieves<4>(GetParam(), 3);
}

}  // namespace
}  // namespace jackdaw
