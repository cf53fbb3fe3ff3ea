// Memory for coroutine frames and task records: size-class free lists, one set per thread.
//
// Who owns what
// -------------
// A block freed on a thread goes to that thread's list, wherever it came from: a stolen task gives its
// frame to the thief. Lists are capped; what is beyond goes to a depot, from which empty lists are filled
// (frame_depot.hpp), and from there to a heap of such blocks (frame_heap.hpp). So a flow from one worker to another
// cannot grow without end, and no remote-free queue is needed. What is larger than any class is malloc()'s.
// Under a sanitizer every block comes from the heap, so that use after free is seen.
//
// What is written where
// ---------------------
// Taking and giving back a block is a handful of instructions in the caller: the size of a frame is known there,
// and the lists are found as in base/this_thread.hpp. Nothing is counted on that path but the room that is left
// in the list. A thread whose lists are not set up yet, or are gone, uses empty lists without room: it takes the
// slow path each time, which is a call. The thread-local is a pointer to the lists, and not the lists: they are
// more than a library that is loaded with dlopen() may have (base/this_thread.hpp).
#pragma once

#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/base/this_thread.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace jackdaw {

/// The free blocks of one thread. For the functions below.
struct frame_lists {
  static constexpr std::size_t class_bytes = 16;
  static constexpr std::size_t class_count = 128;    // Frames of up to 2 KiB; larger ones are rare.
  static constexpr std::uint32_t blocks_max = 1024;  // Kept per class.

  struct block {
    block* next;
  };
  struct list {
    block* head;
    // L1: relaxed; written by this thread alone, so a plain addition. Atomic because live_frames() reads it.
    std::atomic<std::uint32_t> room;

    [[nodiscard]] bool has_room() const noexcept {
      return room.load(std::memory_order_relaxed) != 0;  // L1
    }
    /// Only if there is one.
    [[nodiscard]] void* take() noexcept {
      block* const first = head;
      head = first->next;
      add_room(1);
      return first;
    }
    /// Only if there is room.
    void put(void* memory) noexcept {
      add_room(std::uint32_t{0} - 1);
      auto* const first = static_cast<block*>(memory);
      first->next = head;
      head = first;
    }
    void add_room(std::uint32_t change) noexcept {
      room.store(room.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);  // L1
    }
  };

  [[nodiscard]] static constexpr std::size_t class_of(std::size_t bytes) noexcept {
    return (bytes + class_bytes - 1) / class_bytes;
  }
  [[nodiscard]] static constexpr std::size_t bytes_of(std::size_t index) noexcept {
    return index * class_bytes;
  }

  std::array<list, class_count> lists;
};

JACKDAW_RARELY_CALLED [[nodiscard]] void* allocate_frame_slowly(std::size_t bytes);
JACKDAW_RARELY_CALLED void free_frame_slowly(void* block, std::size_t bytes) noexcept;
/// The lists of this thread, by a call.
[[nodiscard]] frame_lists& call_for_frame_lists() noexcept;

/// The lists of this thread. Never kept by the compiler: a coroutine may be freed on another thread.
[[nodiscard]] inline frame_lists& this_thread_frame_lists() noexcept {
  if constexpr (inline_thread_locals) {
    frame_lists** here = nullptr;
    JACKDAW_FIND_THREAD_LOCAL(here, jackdaw_frame_lists);
    return **here;
  } else {
    return call_for_frame_lists();
  }
}

[[nodiscard]] inline void* allocate_frame(std::size_t bytes) {
  const std::size_t index = frame_lists::class_of(bytes);
  if (!sanitized && index < frame_lists::class_count) {
    frame_lists::list& list = this_thread_frame_lists().lists[index];
    if (list.head != nullptr) [[likely]] {
      return list.take();
    }
  }
  return allocate_frame_slowly(bytes);
}

inline void free_frame(void* memory, std::size_t bytes) noexcept {
  const std::size_t index = frame_lists::class_of(bytes);
  if (!sanitized && index < frame_lists::class_count) {
    frame_lists::list& list = this_thread_frame_lists().lists[index];
    if (list.has_room()) [[likely]] {
      list.put(memory);
      return;
    }
  }
  free_frame_slowly(memory, bytes);
}

/// Blocks handed out and not yet given back, over all threads. For tests and statistics.
[[nodiscard]] std::int64_t live_frames() noexcept;
/// Bytes of all blocks that are handed out, or kept by threads for their next request. Without those that are
/// larger than any class.
[[nodiscard]] std::size_t frame_bytes() noexcept;

/// A base that makes `new` and `delete` of a class use the frame lists.
struct pooled {
  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { free_frame(block, bytes); }
};

}  // namespace jackdaw
