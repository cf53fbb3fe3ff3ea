// Where threads leave what their frame lists have too much of, for those that have too little: a worker that
// spawns what another one ends. By chains of half a list, so that the lock is taken once for hundreds of blocks.
// What is beyond bytes_max of one class goes back to the frame heap.
#pragma once

#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace jackdaw {

class frame_depot {
 public:
  static constexpr std::uint32_t chain_length = frame_lists::blocks_max / 2;

  /// Takes the first half of a full list. False if there is no room.
  [[nodiscard]] bool take_from(frame_lists::list& list, std::size_t index) noexcept;
  /// Gives an empty list a chain. False if there is none.
  [[nodiscard]] bool give_to(frame_lists::list& list, std::size_t index) noexcept;

  /// Blocks in it.
  [[nodiscard]] std::int64_t size() const noexcept;

 private:
  static constexpr std::size_t bytes_max = std::size_t{16} << 20U;

  // The first block of a chain.
  struct chain {
    frame_lists::block block;
    chain* following;
  };

  static constexpr std::uint32_t chains_max(std::size_t index) noexcept {
    // The smallest blocks have no room for the second link.
    const std::size_t bytes = frame_lists::bytes_of(index);
    return bytes < sizeof(chain) ? 0 : static_cast<std::uint32_t>(bytes_max / chain_length / bytes);
  }
  void count(std::size_t index, std::uint32_t change) noexcept;

  spin_lock lock_;
  std::array<chain*, frame_lists::class_count> chains_{};  // Under the lock.
  // D1: changed under the lock; relaxed, because it is a hint to those who do not have it.
  std::array<std::atomic<std::uint32_t>, frame_lists::class_count> counts_{};
};

}  // namespace jackdaw
