// Whether a file's bytes are in memory.
#pragma once

#include <cstdint>

namespace jackdaw::http {

/// True if reading these bytes would not wait for a disk, for as long as the kernel keeps them. False also if
/// it does not tell: before Linux 6.5, or of a file that is neither this process's own nor one it may write.
[[nodiscard]] bool is_cached(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept;

}  // namespace jackdaw::http
