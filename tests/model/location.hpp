// One atomic object: all stores to it, in modification order.
//
// Modification order is the order in which the stores were executed: every interleaving is explored,
// so every modification order that agrees with the threads' program orders is.
#pragma once

#include "view.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace jackdaw::model {

struct store_event {
  std::uint64_t value = 0;
  view published;  // What an acquiring reader learns.
};

struct location {
  std::vector<store_event> stores;
  // The newest store that a seq_cst operation has read or made: later ones in the total order of
  // seq_cst operations, which is the order of execution, read nothing older.
  std::size_t seq_cst_floor = 0;
  // Per thread, the time of its last access: ending the object must come after all of them.
  std::array<std::uint16_t, threads_max> accessed{};
  bool alive = false;

  void begin(std::uint64_t value, const view& maker) {
    stores.clear();
    stores.push_back({value, maker});
    seq_cst_floor = 0;
    accessed = {};
    alive = true;
  }
  [[nodiscard]] std::size_t last() const noexcept { return stores.size() - 1; }
  [[nodiscard]] std::uint64_t value() const noexcept { return stores.back().value; }
};

}  // namespace jackdaw::model
