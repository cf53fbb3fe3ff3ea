// tests/runtime/frame_allocator_test.cpp
//
// Goal: blocks are apart, large enough, counted, and may be freed by any thread at any time of its
// life. Method: sizes around the class limits; threads that hand each other patterned blocks.
#include "../support/stress.hpp"
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

struct block {
  void* memory;
  std::size_t bytes;
  unsigned char pattern;
};

block make_block(std::size_t bytes, unsigned char pattern) {
  void* const memory = allocate_frame(bytes);
  std::memset(memory, pattern, bytes);
  return {memory, bytes, pattern};
}

/// True if nobody wrote into it since it was made.
bool free_block(const block& freed) {
  const auto* const begin = static_cast<const unsigned char*>(freed.memory);
  const bool whole = std::all_of(begin, begin + freed.bytes,
                                 [&](unsigned char byte) { return byte == freed.pattern; });
  free_frame(freed.memory, freed.bytes);
  return whole;
}

TEST(frame_allocator_test, blocks_of_all_sizes_are_aligned_and_do_not_overlap) {
  std::vector<block> blocks;
  for (std::size_t bytes = 1; bytes <= 4100; bytes += bytes < 100 ? 1 : 31) {
    blocks.push_back(make_block(bytes, static_cast<unsigned char>(bytes)));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back().memory) % alignof(std::max_align_t),
              0U);
  }
  for (const block& made : blocks) {
    EXPECT_TRUE(free_block(made)) << made.bytes;
  }
}

TEST(frame_allocator_test, a_freed_block_serves_the_next_request_of_its_class) {
  if (sanitized) {
    GTEST_SKIP() << "sanitizers must see every allocation";
  }
  void* const first = allocate_frame(100);
  free_frame(first, 100);
  void* const second = allocate_frame(97);
  EXPECT_EQ(first, second);
  void* const third = allocate_frame(97);
  EXPECT_NE(second, third);
  free_frame(second, 97);
  free_frame(third, 97);
}

TEST(frame_allocator_test, live_frames_are_counted) {
  const std::int64_t before = live_frames();
  void* const small = allocate_frame(64);
  void* const large = allocate_frame(100'000);
  EXPECT_EQ(live_frames(), before + 2);
  free_frame(small, 64);
  EXPECT_EQ(live_frames(), before + 1);
  free_frame(large, 100'000);
  EXPECT_EQ(live_frames(), before);
}

TEST(frame_allocator_test, a_block_may_be_freed_by_another_thread_also_if_its_own_has_ended) {
  const std::int64_t before = live_frames();
  block made{};
  std::thread([&made] { made = make_block(200, 0xAB); }).join();
  EXPECT_EQ(live_frames(), before + 1);
  bool whole = false;
  std::thread([&] { whole = free_block(made); }).join();
  EXPECT_TRUE(whole);
  EXPECT_EQ(live_frames(), before);
}

TEST(frame_allocator_test, more_blocks_than_a_list_keeps_may_be_freed_at_once) {
  const std::int64_t before = live_frames();
  std::vector<block> blocks;
  for (int index = 0; index < 3000; ++index) {
    blocks.push_back(make_block(128, static_cast<unsigned char>(index)));
  }
  EXPECT_EQ(live_frames(), before + 3000);
  for (const block& made : blocks) {
    EXPECT_TRUE(free_block(made));
  }
  EXPECT_EQ(live_frames(), before);
}

/// Frees and allocates when its thread's locals die: it was made before the cache, and dies after it.
struct late_user {
  ~late_user() {
    if (held.memory != nullptr) {
      EXPECT_TRUE(free_block(held));
      EXPECT_TRUE(free_block(make_block(50, 0x11)));
      left_over->push_back(make_block(70, 0x22));
      left_over->push_back(make_block(3000, 0x44));
    }
  }
  block held{};
  std::vector<block>* left_over = nullptr;
};

TEST(frame_allocator_test, frames_may_be_used_while_a_thread_ends) {
  const std::int64_t before = live_frames();
  std::vector<block> left_over;
  std::thread([&left_over] {
    thread_local late_user user;
    user.left_over = &left_over;
    user.held = make_block(100, 0x33);
  }).join();
  EXPECT_EQ(live_frames(), before + 2);
  for (const block& made : left_over) {
    EXPECT_TRUE(free_block(made));
  }
  EXPECT_EQ(live_frames(), before);
}

TEST(frame_allocator_test, a_pooled_class_uses_the_lists_for_what_it_really_is) {
  struct base : pooled {
    virtual ~base() = default;
  };
  struct larger : base {
    std::byte more[500];
  };
  const std::int64_t before = live_frames();
  const base* const object = new larger;
  EXPECT_EQ(live_frames(), before + 1);
  delete object;
  EXPECT_EQ(live_frames(), before);
}

TEST(frame_allocator_test, blocks_that_wander_between_threads_stay_whole) {
  const std::int64_t before = live_frames();
  std::mutex lock;
  std::vector<block> wandering;
  std::vector<std::thread> threads;
  std::vector<int> broken(3, 0);
  for (unsigned thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread, random = testing::random_numbers(10 + thread)]() mutable {
      for (int step = 0; step < testing::scaled(30'000); ++step) {
        const std::size_t bytes = 1 + random() % 600;
        const block made = make_block(bytes, static_cast<unsigned char>(random()));
        block other{};
        {
          const std::lock_guard guard(lock);
          wandering.push_back(made);
          std::swap(wandering[random() % wandering.size()], wandering.back());
          if (wandering.size() > 500 || random() % 2 == 0) {
            other = wandering.back();
            wandering.pop_back();
          }
        }
        if (other.memory != nullptr) {
          broken[thread] += free_block(other) ? 0 : 1;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(live_frames(), before + static_cast<std::int64_t>(wandering.size()));
  for (const block& made : wandering) {
    EXPECT_TRUE(free_block(made));
  }
  EXPECT_EQ(broken, (std::vector{0, 0, 0}));
  EXPECT_EQ(live_frames(), before);
}

}  // namespace
}  // namespace jackdaw
