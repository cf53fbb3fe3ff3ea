// Whether memory that somebody else writes to is still there: what a sanitizer knows, asked by hand.
//
// What the kernel writes no sanitizer sees. So who learns that the kernel has written asks here whether the
// memory was still its own.
#pragma once

#include <jackdaw/runtime/base/config.hpp>

#include <cstddef>

namespace jackdaw {

namespace liveness {
[[nodiscard]] bool ask_sanitizer(const void* memory, std::size_t bytes) noexcept;
}

/// True if one of these bytes has been freed, or is no longer in scope, as far as is known: always false
/// without the address sanitizer.
/// Cost          None without a sanitizer.
[[nodiscard]] inline bool is_known_dead(const void* memory, std::size_t bytes) noexcept {
  if constexpr (sanitized) {
    return liveness::ask_sanitizer(memory, bytes);
  } else {
    return false;
  }
}

/// True where is_known_dead() knows.
[[nodiscard]] bool liveness_is_known() noexcept;

}  // namespace jackdaw
