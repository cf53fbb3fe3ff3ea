// Moving bytes between a pipe and a stream inside the kernel: they never come through this process.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/io/stream_socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstdint>
#include <limits>

namespace jackdaw::io {

inline constexpr std::uint64_t until_the_end = std::numeric_limits<std::uint64_t>::max();

/// Moves up to `count` bytes, less only if `from` ends; gives the number. A proxy is two of them with a pipe in
/// between, the output of a child goes to its client by one.
///
/// Suspends      While there is nothing to move or no room for it, and after each 256 KiB.
/// Lifetime      Both ends stay open, and where they are, until the await returns.
/// Threads       As a read of `from` and a write of `to`: one of each at a time.
/// Errors        io::error, EPIPE and never SIGPIPE; the try_ form returns it as a result. What was moved before is
///               not told then.
/// Cancellation  A part may have been moved. None is lost on the way.
/// Cost          A system call for as much as the pipe holds, 64 KiB most often.
/// Source        splice(2).
task<std::uint64_t> splice(pipe_reader& from, stream_socket& to,
                           std::uint64_t count = until_the_end);
task<result<std::uint64_t>> try_splice(pipe_reader& from, stream_socket& to,
                                       std::uint64_t count = until_the_end);
task<std::uint64_t> splice(stream_socket& from, pipe_writer& to,
                           std::uint64_t count = until_the_end);
task<result<std::uint64_t>> try_splice(stream_socket& from, pipe_writer& to,
                                       std::uint64_t count = until_the_end);

}  // namespace jackdaw::io
