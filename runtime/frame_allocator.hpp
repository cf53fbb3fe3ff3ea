// Memory for coroutine frames and task records: size-class free lists, one set per thread.
//
// Who owns what
// -------------
// A block freed on a thread goes to that thread's list, wherever it came from: a stolen task gives its
// frame to the thief. Lists are capped; what is beyond goes back to the heap, so a flow from one
// worker to another cannot grow without end, and no remote-free queue is needed.
// Under a sanitizer every block comes from the heap, so that use after free is seen.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jackdaw {

/// Both are calls, never inlined: an inlined thread-local address could be cached by the compiler
/// across a suspension, after which the coroutine may run on another thread.
[[nodiscard]] void* allocate_frame(std::size_t bytes);
void free_frame(void* block, std::size_t bytes) noexcept;

/// Blocks handed out and not yet given back, over all threads. For tests and statistics.
[[nodiscard]] std::int64_t live_frames() noexcept;

/// A base that makes `new` and `delete` of a class use the frame lists.
struct pooled {
  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { free_frame(block, bytes); }
};

}  // namespace jackdaw
