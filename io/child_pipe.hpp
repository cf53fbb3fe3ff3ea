// Our ends of the pipes of a child process: what we write to it, and what it writes to us.
//
// Ours are non-blocking, the child's are not: a program does not expect that of its standard streams,
// and the two ends of a pipe are separate files, so that each can have it its way.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::io {

/// The end at which a child's output arrives.
///
/// Threads       One reading task at a time, on any worker. Movable while nothing is pending on it.
/// Errors        io::error with the kernel's errno; the try_ forms return it as a result instead.
/// Cancellation  Of read_some(): loses nothing. Of read_to_end(): what it had read is lost, unless it
///               appends to a string of yours.
/// Source        read(2). asyncio: Process.stdout, Process.stderr.
class child_output {
 public:
  child_output() noexcept = default;
  explicit child_output(file_descriptor reads) noexcept : descriptor_(std::move(reads)) {}

  /// Reads up to `into.size()` bytes, as soon as at least one is there. 0: all who could write have closed
  /// it, grandchildren included.
  task<std::size_t> read_some(std::span<std::byte> into);
  task<result<std::size_t>> try_read_some(std::span<std::byte> into);

  /// All that comes until the end.
  task<std::string> read_to_end();
  /// Appends to `into`, piece by piece; gives the number of bytes of this call.
  task<result<std::size_t>> try_read_to_end(std::string& into);

  [[nodiscard]] int native_handle() const noexcept { return descriptor_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(descriptor_); }
  /// The child gets SIGPIPE, or EPIPE, when it writes on.
  void close() noexcept { descriptor_.close(); }

 private:
  file_descriptor descriptor_;
};

/// The end at which a child's input begins.
///
/// Threads       One writing task at a time, on any worker. Movable while nothing is pending on it.
/// Errors        io::error: EPIPE when the child has closed its end or is gone, and never SIGPIPE.
/// Cancellation  A part may have been written.
/// Source        write(2). asyncio: Process.stdin.
class child_input {
 public:
  child_input() noexcept = default;
  explicit child_input(file_descriptor writes) noexcept : descriptor_(std::move(writes)) {}

  /// Writes all of `from`; waits while the pipe is full.
  task<void> write_all(std::span<const std::byte> from);
  /// Gives the number of bytes, or the errno.
  task<result<std::size_t>> try_write_all(std::span<const std::byte> from);

  [[nodiscard]] int native_handle() const noexcept { return descriptor_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(descriptor_); }
  /// The child reads the end of the stream.
  void close() noexcept { descriptor_.close(); }

 private:
  file_descriptor descriptor_;
};

}  // namespace jackdaw::io
