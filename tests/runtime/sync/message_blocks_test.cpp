// tests/runtime/sync/message_blocks_test.cpp
//
// Goal: the chain gives what it was given, in order, keeps to a capacity, and leaves nothing behind. Method: a deque
// as oracle under random operations; messages that count themselves; one thread at each end.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/sync/message_blocks.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <thread>

namespace jackdaw {
namespace {

using testing::random_numbers;
using testing::scaled;

struct alignas(128) large {
  explicit large(int value) noexcept : number(value) {}
  int number;
  std::unique_ptr<int> owned = std::make_unique<int>(0);
};

template <class T>
void agrees_with_a_deque(std::size_t capacity) {
  message_blocks<T> blocks(capacity);
  std::deque<int> oracle;
  auto random = random_numbers(capacity);
  int next = 0;
  for (int step = 0; step < scaled(20'000); ++step) {
    const bool fills = step / 3000 % 2 == 0;
    if (random() % 3 < (fills ? 2U : 1U)) {
      ASSERT_EQ(blocks.has_room(capacity), oracle.size() < capacity);
      if (blocks.has_room(capacity)) {
        oracle.push_back(next);
        blocks.push(T(next++));
      }
    } else {
      std::optional<T> got;
      ASSERT_EQ(blocks.pop(got), !oracle.empty());
      if (got.has_value()) {
        ASSERT_EQ(got->number, oracle.front());
        oracle.pop_front();
      }
    }
    ASSERT_EQ(blocks.size(), oracle.size());
  }
}

struct small {
  explicit small(int value) noexcept : number(value) {}
  int number;
};

TEST(message_blocks_test, random_operations_agree_with_a_deque_at_any_capacity) {
  for (const std::size_t capacity : {1U, 2U, 3U, 511U, 512U, 513U, 1'000'000U}) {
    agrees_with_a_deque<small>(capacity);
    agrees_with_a_deque<large>(capacity);
  }
}

TEST(message_blocks_test, what_is_left_is_destroyed_with_the_chain) {
  const auto message = std::make_shared<int>(0);
  for (const int count : {0, 1, 512, 513, 2000}) {
    {
      message_blocks<std::shared_ptr<int>> blocks(4096);
      for (int copies = 0; copies < count; ++copies) {
        blocks.push(std::shared_ptr<int>(message));
      }
      EXPECT_EQ(message.use_count(), count + 1);
    }
    EXPECT_EQ(message.use_count(), 1);
  }
}

TEST(message_blocks_test, a_look_tells_how_many_can_be_taken_up_to_a_limit) {
  message_blocks<int> blocks(100);
  EXPECT_EQ(blocks.look(10), 0U);
  for (int message = 0; message < 5; ++message) {
    blocks.push(int{message});
  }
  EXPECT_EQ(blocks.look(3), 3U);
  EXPECT_EQ(blocks.look(10), 5U);
}

TEST(message_blocks_test, one_thread_writes_while_another_one_reads) {
  constexpr int count = scaled(1'000'000);
  constexpr std::size_t capacity = 700;
  message_blocks<std::unique_ptr<int>> blocks(capacity);
  std::thread writer([&blocks] {
    for (int message = 0; message < count; ++message) {
      while (!blocks.has_room(capacity)) {
        std::this_thread::yield();
      }
      blocks.push(std::make_unique<int>(message));
    }
  });
  int out_of_order = 0;
  for (int message = 0; message < count; ++message) {
    std::optional<std::unique_ptr<int>> got;
    while (!blocks.pop(got)) {
      std::this_thread::yield();
    }
    out_of_order += **got == message ? 0 : 1;
  }
  writer.join();
  EXPECT_EQ(out_of_order, 0);
  EXPECT_EQ(blocks.size(), 0U);
}

}  // namespace
}  // namespace jackdaw
