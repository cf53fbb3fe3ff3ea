// Runs a model in all its executions.
#pragma once

#include "execution.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace jackdaw::model {

using program = std::function<void(execution&)>;

struct verdict {
  bool holds = false;     // In every execution.
  bool complete = false;  // There was none left.
  std::uint64_t executions = 0;
  std::uint64_t states = 0;
  std::string failure;  // What failed, and step by step how it came to that.
};

/// Runs `of_model` in every execution within the bounds, or until one fails. Deterministic.
[[nodiscard]] verdict explore(const program& of_model, const bounds& within = {});

/// For EXPECT_TRUE: every execution was run, and none failed; prints how, otherwise.
[[nodiscard]] bool always_holds(const program& of_model, const bounds& within = {});

/// For EXPECT_TRUE: an execution fails, for a reason that contains `reason`.
[[nodiscard]] bool fails(const program& of_model, const std::string& reason = {},
                         const bounds& within = {});

}  // namespace jackdaw::model
