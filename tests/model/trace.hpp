// What happened in an execution, step by step, for people.
#pragma once

#include <atomic>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

namespace jackdaw::model {

enum class step_kind : std::uint8_t {
  load,
  store,
  exchange,
  failed_exchange,
  spin,
  end_of_object,
  end
};

struct step {
  step_kind kind = step_kind::load;
  std::uint8_t thread = 0;
  std::uint8_t location = 0;
  std::memory_order order = std::memory_order_relaxed;
  bool spurious = false;
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  std::uint32_t newer = 0;  // How many stores there were that the reading one did not see.
  std::source_location where;
};

/// One line a step: thread, place, what it did, and the line of the source.
[[nodiscard]] std::string describe(const std::vector<step>& steps,
                                   const std::vector<std::string>& thread_names);

}  // namespace jackdaw::model
