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
  view published;        // What an acquiring reader learns.
  clock_array causes{};  // What came before it in any way, ordered or not.
};

struct location {
  std::vector<store_event> stores;
  // The newest store that a seq_cst operation has read or made: later ones in the total order of
  // seq_cst operations, which is the order of execution, read nothing older.
  std::size_t seq_cst_floor = 0;
  // Per thread, the time of its last access: ending the object must come after all of them.
  clock_array accessed{};
  // Per thread, the time of its last load, if it has not stored since: see "Load buffering".
  clock_array loaded{};
  std::array<bool, threads_max> load_acquired{};
  bool forbids_load_buffering = false;
  bool alive = false;

  void begin(std::uint64_t value, const view& maker) {
    stores.clear();
    stores.push_back({value, maker});
    loaded = {};
    seq_cst_floor = 0;
    accessed = {};
    alive = true;
  }
  [[nodiscard]] std::size_t last() const noexcept { return stores.size() - 1; }
  [[nodiscard]] std::uint64_t value() const noexcept { return stores.back().value; }
};

}  // namespace jackdaw::model
