// tests/runtime/frame_depot_test.cpp
//
// Goal: a full list gives half of its blocks, an empty one gets them, none is lost or had twice, and there is an
// end to what is kept. Method: lists filled with blocks of the test's own.
#include <jackdaw/runtime/frame_depot.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <vector>

namespace jackdaw {
namespace {

using block_memory = std::array<void*, 16>;
constexpr std::size_t index = frame_lists::class_of(sizeof(block_memory));

/// A list that is full of blocks from `memory`.
void fill(frame_lists::list& list, std::vector<std::unique_ptr<block_memory>>& memory) {
  list.head = nullptr;
  list.room.store(frame_lists::blocks_max);
  for (std::uint32_t count = 0; count < frame_lists::blocks_max; ++count) {
    memory.push_back(std::make_unique<block_memory>());
    list.put(memory.back().get());
  }
}

TEST(frame_depot_test, half_of_a_full_list_goes_to_an_empty_one) {
  frame_depot depot;
  std::vector<std::unique_ptr<block_memory>> memory;
  frame_lists::list full{};
  fill(full, memory);
  ASSERT_TRUE(depot.take_from(full, index));
  EXPECT_EQ(full.room.load(), frame_depot::chain_length);
  EXPECT_EQ(depot.size(), frame_depot::chain_length);

  frame_lists::list empty{};
  empty.room.store(frame_lists::blocks_max);
  ASSERT_TRUE(depot.give_to(empty, index));
  EXPECT_EQ(depot.size(), 0);
  EXPECT_EQ(empty.room.load(), frame_lists::blocks_max - frame_depot::chain_length);

  std::set<void*> seen;
  for (frame_lists::list* const list : {&full, &empty}) {
    while (list->head != nullptr) {
      EXPECT_TRUE(seen.insert(list->take()).second);
    }
    EXPECT_EQ(list->room.load(), frame_lists::blocks_max);
  }
  EXPECT_EQ(seen.size(), frame_lists::blocks_max);
}

TEST(frame_depot_test, an_empty_depot_gives_nothing_and_other_sizes_are_apart) {
  frame_depot depot;
  frame_lists::list empty{};
  empty.room.store(frame_lists::blocks_max);
  EXPECT_FALSE(depot.give_to(empty, index));
  std::vector<std::unique_ptr<block_memory>> memory;
  frame_lists::list full{};
  fill(full, memory);
  ASSERT_TRUE(depot.take_from(full, index));
  EXPECT_FALSE(depot.give_to(empty, index + 1));
}

TEST(frame_depot_test, there_is_an_end_to_what_it_keeps) {
  frame_depot depot;
  std::vector<std::unique_ptr<block_memory>> memory;
  frame_lists::list full{};
  fill(full, memory);
  int chains = 0;
  while (chains < 1'000'000 && depot.take_from(full, index)) {
    ++chains;
    for (std::uint32_t count = 0; count < frame_depot::chain_length; ++count) {
      memory.push_back(std::make_unique<block_memory>());
      full.put(memory.back().get());
    }
  }
  EXPECT_GT(chains, 1);
  EXPECT_LE(static_cast<std::size_t>(chains) * frame_depot::chain_length * sizeof(block_memory),
            std::size_t{17} << 20U);
}

}  // namespace
}  // namespace jackdaw
