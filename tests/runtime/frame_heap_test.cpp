// tests/runtime/frame_heap_test.cpp
//
// Goal: blocks are apart, aligned and large enough, what comes back is given again, to other classes too, and what
// nobody needs goes back to the kernel. Method: heaps of the test's own; every block is written to the full.
#include "../support/stress.hpp"
#include <jackdaw/runtime/frame_heap.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace jackdaw {
namespace {

/// A list as a thread has it that was never used.
struct empty_list {
  frame_lists::list list{nullptr, {frame_lists::blocks_max}};
};

std::vector<void*> take(frame_heap& heap, std::size_t index, std::size_t count) {
  std::vector<void*> blocks;
  empty_list from;
  while (blocks.size() < count) {
    if (from.list.head == nullptr) {
      heap.fill(from.list, index);
    }
    blocks.push_back(from.list.take());
    std::memset(blocks.back(), static_cast<int>(blocks.size()), frame_lists::bytes_of(index));
  }
  heap.take_back(from.list, frame_lists::blocks_max);
  return blocks;
}

void give(frame_heap& heap, const std::vector<void*>& blocks) {
  for (void* const block : blocks) {
    empty_list back;
    back.list.put(block);
    EXPECT_EQ(heap.take_back(back.list, 1), 1U);
  }
}

TEST(frame_heap_test, a_list_gets_some_pages_of_blocks_and_at_least_one_block) {
  frame_heap heap;
  for (std::size_t index = 1; index < frame_lists::class_count; ++index) {
    empty_list to;
    const std::uint32_t count = heap.fill(to.list, index);
    EXPECT_EQ(count, std::min<std::size_t>(frame_heap::refill_bytes / frame_lists::bytes_of(index),
                                           frame_lists::blocks_max));
    EXPECT_EQ(to.list.room.load(), frame_lists::blocks_max - count);
    EXPECT_EQ(heap.take_back(to.list, frame_lists::blocks_max), count);
    EXPECT_EQ(to.list.head, nullptr);
    EXPECT_EQ(heap.fill(to.list, index, 1), 1U);
    EXPECT_EQ(heap.bytes_given(), frame_lists::bytes_of(index));
    EXPECT_EQ(heap.take_back(to.list, 5), 1U);
    EXPECT_EQ(heap.bytes_given(), 0U);
  }
}

TEST(frame_heap_test, blocks_of_all_classes_are_aligned_and_do_not_overlap) {
  frame_heap heap;
  struct taken {
    std::size_t index;
    std::vector<void*> blocks;
  };
  std::vector<taken> all;
  for (std::size_t index = 1; index < frame_lists::class_count; ++index) {
    all.push_back({index, take(heap, index, 300)});
  }
  for (const taken& each : all) {
    for (std::size_t number = 0; number < each.blocks.size(); ++number) {
      const auto* const bytes = static_cast<const unsigned char*>(each.blocks[number]);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % alignof(std::max_align_t), 0U);
      ASSERT_TRUE(std::all_of(
          bytes, bytes + frame_lists::bytes_of(each.index),
          [&](unsigned char byte) { return byte == static_cast<unsigned char>(number + 1); }))
          << each.index;
    }
    give(heap, each.blocks);
  }
}

TEST(frame_heap_test, what_came_back_is_given_again_before_more_is_taken_from_the_kernel) {
  frame_heap heap;
  constexpr std::size_t index = frame_lists::class_of(128);
  const std::size_t count = 2 * frame_heap::region_bytes / 128;
  std::vector<void*> first = take(heap, index, count);
  const std::size_t regions = heap.regions();
  EXPECT_GE(regions, 2U);
  // Every second block, so that no run is free as a whole.
  std::vector<void*> half;
  std::vector<void*> kept;
  for (std::size_t number = 0; number < first.size(); ++number) {
    (number % 2 == 0 ? half : kept).push_back(first[number]);
  }
  give(heap, half);
  std::vector<void*> again = take(heap, index, half.size());
  EXPECT_EQ(heap.regions(), regions);
  // All but what was left of the run that is being carved.
  const std::set<void*> came_back(half.begin(), half.end());
  EXPECT_GE(std::count_if(again.begin(), again.end(),
                          [&](void* block) { return came_back.contains(block); }),
            static_cast<std::ptrdiff_t>(half.size() - frame_heap::run_bytes / 128));
  give(heap, again);
  give(heap, kept);
}

TEST(frame_heap_test, a_run_whose_blocks_are_all_back_serves_any_class) {
  frame_heap heap;
  const std::size_t bytes = frame_heap::region_bytes - 2 * frame_heap::run_bytes;
  for (std::size_t index = 1; index < frame_lists::class_count; ++index) {
    // With what a last run leaves unused, two regions at most hold one of this size.
    give(heap, take(heap, index, bytes / frame_lists::bytes_of(index)));
    EXPECT_LE(heap.regions(), 2U) << index;
  }
}

TEST(frame_heap_test, regions_that_are_free_go_back_to_the_kernel_but_for_one) {
  frame_heap heap;
  constexpr std::size_t index = frame_lists::class_of(1024);
  EXPECT_EQ(heap.regions(), 0U);
  for (int round = 0; round < 3; ++round) {
    const std::vector<void*> blocks = take(heap, index, 5 * frame_heap::region_bytes / 1024);
    EXPECT_GE(heap.regions(), 5U);
    give(heap, blocks);
    EXPECT_EQ(heap.regions(), 1U);
  }
}

TEST(frame_heap_test, any_thread_may_give_back_what_any_thread_took) {
  frame_heap heap;
  constexpr std::size_t count_of_threads = 3;
  std::array<std::vector<void*>, count_of_threads> taken;
  for (int round = 0; round < testing::scaled(20); ++round) {
    std::vector<std::thread> threads;
    for (std::size_t number = 0; number < count_of_threads; ++number) {
      threads.emplace_back([&, number] {
        auto random = testing::random_numbers(100 * static_cast<unsigned>(round) +
                                              static_cast<unsigned>(number));
        for (int step = 0; step < 20; ++step) {
          const std::size_t index = 1 + random() % (frame_lists::class_count - 1);
          give(heap, take(heap, index, 1 + random() % 100));
        }
        taken[number] = take(heap, 8, 700);
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    std::set<void*> distinct;
    threads.clear();
    for (std::size_t number = 0; number < count_of_threads; ++number) {
      distinct.insert(taken[number].begin(), taken[number].end());
      threads.emplace_back([&, number] { give(heap, taken[(number + 1) % count_of_threads]); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(distinct.size(), 700 * count_of_threads);
  }
  EXPECT_EQ(heap.regions(), 1U);
}

}  // namespace
}  // namespace jackdaw
