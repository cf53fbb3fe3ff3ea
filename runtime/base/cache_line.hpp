// The distance that keeps two threads' data from sharing a cache line.
#pragma once

#include <cstddef>

namespace jackdaw {

/// Not std::hardware_destructive_interference_size: that one may differ between the library's
/// compiler flags and its user's, and then the layouts differ.
inline constexpr std::size_t cache_line_bytes = 64;

}  // namespace jackdaw
