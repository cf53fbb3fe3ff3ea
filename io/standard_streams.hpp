// Standard input, output and error as streams, whatever they are: terminal, pipe, socket, file, /dev/null.
//
// The open file behind a standard descriptor is shared with the shell and other processes, and O_NONBLOCK is a
// flag of that file: whoever sets it breaks the others ("Resource temporarily unavailable" in the shell), also
// after the end if the program is killed. So it is never set on what is shared:
//
//   terminal, pipe   opened once more by /proc/self/fd, non-blocking: an open file of our own
//   socket           each call says MSG_DONTWAIT
//   regular file     never "ready": read and written in the threads of the blocking pool, at the position
//                    that is shared with the others
//   other devices, and what may not be opened again (after setuid, without /proc)
//                    asked for readiness first; then a call that may wait. Writes are of PIPE_BUF at most,
//                    for which there is room then, unless another process is faster: the worker waits with it
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace jackdaw::io {

/// How a stream gets at its bytes: see above.
enum class standard_access : std::uint8_t { opened_again, by_message, in_pool, after_readiness };

/// Bytes that come in.
///
/// Suspends      On io_uring always, unless something is left of what came before; on epoll if nothing is there.
/// Threads       One reading task at a time. Move-only, while nothing is pending on it.
/// Errors        io::error with the kernel's errno; the try_ forms return it as a result.
/// Cancellation  Loses nothing.
/// Source        read(2). asyncio: loop.connect_read_pipe(protocol, sys.stdin).
class standard_input {
 public:
  /// Of this number, which stays open and as it is. Throws io::error: EBADF.
  explicit standard_input(int descriptor = 0);

  /// Reads up to `into.size()` bytes, as soon as at least one is there. 0 is the end.
  task<std::size_t> read_some(std::span<std::byte> into);
  task<result<std::size_t>> try_read_some(std::span<std::byte> into);
  /// Up to and with the next newline, or what is left at the end; "" at the end. EFBIG beyond `limit` bytes,
  /// which stay to be read.
  task<std::string> read_line(std::size_t limit = std::size_t{1} << 20);
  task<result<std::string>> try_read_line(std::size_t limit = std::size_t{1} << 20);
  /// All that comes until the end.
  task<std::string> read_to_end();
  task<result<std::string>> try_read_to_end();

  [[nodiscard]] standard_access access() const noexcept { return access_; }

 private:
  struct source;
  task<result<std::size_t>> fill();

  std::shared_ptr<source> source_;
  standard_access access_;
};

/// Bytes that go out. Nothing is kept back: what is written is written when the await returns.
///
/// Suspends      Until there is room.
/// Threads       One writing task at a time. Move-only, while nothing is pending on it.
/// Errors        io::error: EPIPE when nobody reads any more, and never SIGPIPE.
/// Cancellation  A part may have been written, or of a file all of it later.
/// Source        write(2). asyncio: loop.connect_write_pipe(protocol, sys.stdout).
class standard_output {
 public:
  /// Of this number, which stays open and as it is. Throws io::error: EBADF.
  explicit standard_output(int descriptor = 1);
  /// Standard error.
  static standard_output for_errors() { return standard_output(2); }

  /// Writes all of `from`.
  task<void> write_all(std::span<const std::byte> from);
  task<result<void>> try_write_all(std::span<const std::byte> from);

  [[nodiscard]] standard_access access() const noexcept { return access_; }

 private:
  std::shared_ptr<file_descriptor> descriptor_;
  standard_access access_;
};

}  // namespace jackdaw::io
