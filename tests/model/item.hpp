// What the models queue: it finds out if it is taken twice, too early, or never.
#pragma once

#include "execution.hpp"
#include "memory.hpp"
#include "plain.hpp"
#include <jackdaw/runtime/work.hpp>

namespace jackdaw::model {

struct item : work {
  item() : work(nullptr) {}

  /// Before it is published.
  void fill(std::source_location where = std::source_location::current()) {
    filled.set(true, where);
  }
  /// By who took it. A second taker races with the first on `taken`.
  void take(std::source_location where = std::source_location::current()) {
    check(filled.get(where), "what is taken has been published", where);
    check(!taken.get(where), "nothing is taken twice", where);
    taken.set(true, where);
    if (rings != nullptr) {
      rings->ring(where);
    }
    if (waits_for != nullptr) {
      waits_for->sleep(where);
    }
  }
  [[nodiscard]] bool was_taken() const { return taken.get(); }

  // Items may meet: one ends when the other has been run.
  doorbell* rings = nullptr;
  doorbell* waits_for = nullptr;
  plain<bool> filled{false};
  plain<bool> taken{false};
};

}  // namespace jackdaw::model
