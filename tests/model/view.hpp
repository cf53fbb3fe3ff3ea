// What a thread knows: which stores it may still read, and what happened before it.
//
// Happens-before as a view
// ------------------------
// A thread may read, of each location, the newest store that it knows of and every newer one (coherence).
// What it knows is a floor per location; what happened before it is a clock per thread, which finds
// races on plain cells. A releasing store carries its thread's view; an acquiring load that reads the
// store joins it. So both relations are two arrays that are joined by maximum.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace jackdaw::model {

inline constexpr unsigned threads_max = 5;  // The program itself, and four that it starts.
inline constexpr unsigned locations_max = 64;

using clock_array = std::array<std::uint16_t, threads_max>;

inline void join(clock_array& into, const clock_array& other) noexcept {
  for (std::size_t index = 0; index < threads_max; ++index) {
    into[index] = std::max(into[index], other[index]);
  }
}

struct view {
  std::array<std::uint8_t, locations_max> floor{};
  clock_array clock{};

  void join(const view& other) noexcept {
    for (std::size_t index = 0; index < locations_max; ++index) {
      floor[index] = std::max(floor[index], other.floor[index]);
    }
    model::join(clock, other.clock);
  }
  void raise(unsigned location, std::size_t index) noexcept {
    floor[location] = std::max(floor[location], static_cast<std::uint8_t>(index));
  }
};

}  // namespace jackdaw::model
