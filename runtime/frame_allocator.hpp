// Memory for coroutine frames and task records: size-class free lists, one set per thread.
//
// Who owns what
// -------------
// A block freed on a thread goes to that thread's list, wherever it came from: a stolen task gives its
// frame to the thief. Lists are capped; what is beyond goes to a depot that all threads share, by half a
// list at a time, and comes from there: so a flow from one worker to another costs neither of them the heap,
// and needs no remote-free queue. The depot is capped too, and what is beyond goes back to the heap.
// Under a sanitizer every block comes from the heap, so that use after free is seen.
#pragma once

#include <jackdaw/runtime/base/config.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace jackdaw {

/// The free lists of one thread.
struct frame_lists {
  static constexpr std::size_t class_bytes = 16;
  static constexpr std::size_t class_count = 128;  // Frames of up to 2 KiB; larger ones are rare.
  static constexpr std::uint32_t blocks_max = 1024;

  struct block {
    block* next;
  };
  struct list {
    block* head = nullptr;
    std::uint32_t length = 0;
  };

  std::array<list, class_count> lists{};
  /// Of each list. 0 before the thread's first block and after its thread-locals are gone.
  std::uint32_t length_max = 0;
  /// Handed out less taken back, by this thread. C1: written by this thread alone, so a plain addition; atomic
  /// because others read the sum.
  std::atomic<std::int64_t> live{0};

  void count(std::int64_t change) noexcept {
    live.store(live.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);  // C1
  }
  /// Blocks of the heap's own granularity: a multiple of 16, less the 8 bytes that malloc() keeps before each.
  [[nodiscard]] static constexpr std::size_t index_of(std::size_t bytes) noexcept {
    return (bytes + 7) / class_bytes;
  }
  [[nodiscard]] static constexpr std::size_t bytes_of(std::size_t index) noexcept {
    return index * class_bytes + 8;
  }
};

extern constinit thread_local frame_lists this_thread_frames asm("jackdaw_this_thread_frames");

/// this_thread_frames, found anew by each call, for the reason of current_context().
[[nodiscard]] frame_lists& call_for_frame_lists() noexcept;
[[nodiscard]] inline frame_lists& current_frame_lists() noexcept {
  if constexpr (reads_thread_pointer) {
    frame_lists* here = nullptr;
    asm volatile(
        "movq %%fs:0, %0\n\t"
        "addq jackdaw_this_thread_frames@gottpoff(%%rip), %0"
        : "=r"(here)
        :
        : "cc");
    return *here;
  } else {
    return call_for_frame_lists();
  }
}

/// Where a list is empty or full.
[[nodiscard]] void* allocate_frame_slowly(std::size_t bytes);
void free_frame_slowly(void* block, std::size_t bytes) noexcept;

[[nodiscard]] inline void* allocate_frame(std::size_t bytes) {
  if (const std::size_t index = frame_lists::index_of(bytes);
      index < frame_lists::class_count && !sanitized) [[likely]] {
    frame_lists& here = current_frame_lists();
    frame_lists::list& list = here.lists[index];
    if (frame_lists::block* const block = list.head) [[likely]] {
      list.head = block->next;
      --list.length;
      here.count(+1);
      return block;
    }
  }
  return allocate_frame_slowly(bytes);
}

inline void free_frame(void* memory, std::size_t bytes) noexcept {
  if (const std::size_t index = frame_lists::index_of(bytes);
      index < frame_lists::class_count && !sanitized) [[likely]] {
    frame_lists& here = current_frame_lists();
    frame_lists::list& list = here.lists[index];
    if (list.length < here.length_max) [[likely]] {
      auto* const block = static_cast<frame_lists::block*>(memory);
      block->next = list.head;
      list.head = block;
      ++list.length;
      here.count(-1);
      return;
    }
  }
  free_frame_slowly(memory, bytes);
}

/// Blocks handed out and not yet given back, over all threads. For tests and statistics.
[[nodiscard]] std::int64_t live_frames() noexcept;

/// A base that makes `new` and `delete` of a class use the frame lists.
struct pooled {
  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { free_frame(block, bytes); }
};

}  // namespace jackdaw
