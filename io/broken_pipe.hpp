// Calls that raise SIGPIPE when nobody reads any more, without the signal.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace jackdaw::io {

// All give the number of bytes or the negative errno, go on after an interruption, and leave whatever the
// program does with SIGPIPE as it is. Where there is MSG_NOSIGNAL, that is cheaper.

/// Source: write(2).
[[nodiscard]] ssize_t write_without_signal(int descriptor,
                                           std::span<const std::byte> from) noexcept;
/// From a pipe or to one; EAGAIN if either end is not ready. Source: splice(2).
[[nodiscard]] ssize_t splice_without_signal(int from, int to, std::size_t count) noexcept;
/// Source: sendfile(2).
[[nodiscard]] ssize_t sendfile_without_signal(int to, int from, std::uint64_t offset,
                                              std::size_t count) noexcept;

}  // namespace jackdaw::io
