// Where the blocks of the frame lists come from: pages of blocks of one size, and no header before any of them.
//
// Regions, runs, blocks
// ---------------------
// A region is 2 MiB at an address that is a multiple of that, straight from the kernel. It is divided into runs of
// 32 KiB; a run that is in use belongs to one size class, and is carved into blocks as they are asked for. So a
// block says by its address whose it is: the region's first bytes describe its runs. A run whose blocks are all
// back is free for any class, a region whose runs are all free goes back to the kernel, but for one that is spare.
//
//   run:     free ──► partial (something to give) ◄──► used up          partial ──► free
//   region:  spare ◄──► open (has free runs) ◄──► full                  open ──► spare, or the kernel's
//
// Why not malloc(): its headers are a tenth of a frame, and each of the many is asked for, and given back, one by
// one; and memory from it is mixed with other memory, so that less of it can go back.
//
// All of it is under one lock, which is taken once for some pages of blocks; lists and depot come before it.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace jackdaw {

class frame_heap {
 public:
  static constexpr std::size_t region_bytes = std::size_t{2} << 20U;
  static constexpr std::size_t run_bytes = std::size_t{32} << 10U;
  /// What a list gets at once: enough to forget the lock, and little enough for those who need only a few.
  static constexpr std::size_t refill_bytes = std::size_t{8} << 10U;

  frame_heap() = default;
  frame_heap(const frame_heap&) = delete;
  frame_heap& operator=(const frame_heap&) = delete;
  /// With all blocks that it gave.
  ~frame_heap();

  /// Puts blocks into an empty list: at least one, at most `count_max`. Returns how many. Throws std::bad_alloc.
  std::uint32_t fill(frame_lists::list& list, std::size_t index,
                     std::uint32_t count_max = frame_lists::blocks_max);
  /// Takes the first `count_max` blocks of the list, or all. Returns how many.
  std::uint32_t take_back(frame_lists::list& list, std::uint32_t count_max) noexcept;

  /// What the kernel gave and did not get back.
  [[nodiscard]] std::size_t regions() const noexcept;
  /// Of the blocks that are with somebody.
  [[nodiscard]] std::size_t bytes_given() const noexcept;

 private:
  using block = frame_lists::block;
  static constexpr std::size_t run_count = region_bytes / run_bytes;

  struct run : list_links {
    block* returned;  // Blocks that came back.
    std::uint32_t in_use;
    std::uint32_t carved;  // Blocks that were ever given.
    std::uint32_t capacity;
    std::uint32_t index;
  };
  struct region : list_links {
    std::uint64_t free_runs;  // A bit for each.
    std::array<run, run_count> runs;
  };
  static constexpr std::uint64_t all_runs = ~std::uint64_t{0};
  // The description of the runs lies in the first of them, which is so much smaller.
  static constexpr std::size_t description_bytes =
      (sizeof(region) + cache_line_bytes - 1) / cache_line_bytes * cache_line_bytes;
  static_assert(run_count == 64, "the bits of a word");

  // Under the lock.
  [[nodiscard]] run& open_run(std::size_t index);
  void close_run(run& emptied) noexcept;
  [[nodiscard]] region& map_region();
  void unmap(region& unused) noexcept;
  [[nodiscard]] static block* take_from(run& from) noexcept;
  void take_back(block* returned) noexcept;
  [[nodiscard]] static std::byte* memory_of(const run& which) noexcept;
  [[nodiscard]] static region& region_of(const void* inside) noexcept;

  mutable std::mutex lock_;
  std::array<intrusive_list<run>, frame_lists::class_count> partial_;
  intrusive_list<region> open_;
  intrusive_list<region> full_;
  region* spare_ = nullptr;
  std::size_t regions_ = 0;
  std::size_t bytes_given_ = 0;
};

}  // namespace jackdaw
