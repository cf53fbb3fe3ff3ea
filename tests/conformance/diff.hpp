// The lines in which two texts differ.
#pragma once

#include <string>
#include <string_view>

namespace jackdaw::conformance {

/// "- line" is in `expected` alone, "+ line" in `found` alone, "  line" in both; in an order that makes
/// the fewest differences.
[[nodiscard]] std::string diff(std::string_view expected, std::string_view found);

}  // namespace jackdaw::conformance
