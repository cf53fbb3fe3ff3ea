// Pipes: bytes in one direction, within this process or to and from another one.
//
// Our ends are non-blocking; the other process's need not be: the two ends of a pipe are separate files. The
// ring does not wait for a non-blocking pipe, so a read that finds nothing waits for readiness. Writing waits
// for readiness first and then calls write(2) itself: only so can SIGPIPE be held off and taken back.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::io {

/// The end at which bytes arrive.
///
/// Threads       One reading task at a time, on any worker. Movable while nothing is pending on it.
/// Errors        io::error with the kernel's errno; the try_ forms return it as a result instead.
/// Cancellation  Of read_some(): loses nothing. Of read_to_end(): what it had read is lost, unless it
///               appends to a string of yours.
/// Source        read(2). asyncio: loop.connect_read_pipe.
class pipe_reader {
 public:
  pipe_reader() noexcept = default;
  /// Takes over a descriptor, which must be non-blocking.
  explicit pipe_reader(file_descriptor reads) noexcept : descriptor_(std::move(reads)) {}

  /// Reads up to `into.size()` bytes, as soon as at least one is there. 0: all who could write have closed
  /// it, those who inherited it included.
  ///
  /// Suspends      Always on io_uring; on epoll only if nothing is there.
  /// Lifetime      `into` belongs to the kernel until the await returns, also when it is cancelled.
  /// Cost          The frame of a task; a second submission if nothing is there yet.
  task<std::size_t> read_some(std::span<std::byte> into);
  task<result<std::size_t>> try_read_some(std::span<std::byte> into);

  /// All that comes until the end.
  task<std::string> read_to_end();
  /// Appends to `into`, piece by piece; gives the number of bytes of this call.
  task<result<std::size_t>> try_read_to_end(std::string& into);

  [[nodiscard]] int native_handle() const noexcept { return descriptor_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(descriptor_); }
  /// Who writes on gets SIGPIPE, or EPIPE.
  void close() noexcept { descriptor_.close(); }
  /// Gives the descriptor away.
  [[nodiscard]] file_descriptor release() noexcept { return std::move(descriptor_); }

 private:
  file_descriptor descriptor_;
};

/// The end at which bytes are written.
///
/// Threads       One writing task at a time, on any worker. Movable while nothing is pending on it.
/// Errors        io::error: EPIPE when nobody can read any more, and never SIGPIPE.
/// Cancellation  Of write_some(): nothing was written. Of write_all(): a part may have been.
/// Source        write(2). asyncio: loop.connect_write_pipe.
class pipe_writer {
 public:
  pipe_writer() noexcept = default;
  /// Takes over a descriptor, which must be non-blocking.
  explicit pipe_writer(file_descriptor writes) noexcept : descriptor_(std::move(writes)) {}

  /// Writes at least one byte of `from`, unless that is empty; gives the number. Waits while the pipe is full.
  ///
  /// Suspends      Until there is room.
  task<std::size_t> write_some(std::span<const std::byte> from);
  task<result<std::size_t>> try_write_some(std::span<const std::byte> from);

  /// Writes all of `from`.
  task<void> write_all(std::span<const std::byte> from);
  /// Gives the number of bytes, or the errno.
  task<result<std::size_t>> try_write_all(std::span<const std::byte> from);

  [[nodiscard]] int native_handle() const noexcept { return descriptor_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(descriptor_); }
  /// The reader reads the end of the stream.
  void close() noexcept { descriptor_.close(); }
  /// Gives the descriptor away.
  [[nodiscard]] file_descriptor release() noexcept { return std::move(descriptor_); }

 private:
  file_descriptor descriptor_;
};

struct pipe_ends {
  pipe_reader reader;
  pipe_writer writer;
};

/// A new pipe, close-on-exec. Throws io::error. Source: pipe(2).
[[nodiscard]] pipe_ends make_pipe();
[[nodiscard]] result<pipe_ends> try_make_pipe();

}  // namespace jackdaw::io
