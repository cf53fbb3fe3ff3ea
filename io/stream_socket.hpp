// What connected sockets share, whatever they are connected by: bytes in, bytes out.
#pragma once

#include <jackdaw/io/operation.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace jackdaw::io {

/// The common part of tcp_stream and unix_stream. Owns the connection. Move-only, and movable only while
/// no operation is pending on it.
///
/// Threads       One reading and one writing task at a time, on any workers of the runtime.
/// Errors        io::error with the kernel's errno, which names the peer: "recv from 127.0.0.1:4242: Connection
///               reset by peer". The try_ forms return the errno as a result instead.
/// Cancellation  Ends the wait; bytes are never lost: an operation that succeeded in the same instant
///               returns, and the cancellation is delivered at the next suspension.
class stream_socket {
 public:
  /// Reads up to `into.size()` bytes, as soon as at least one is there. 0: the peer closed its side.
  ///
  /// Suspends      Always on io_uring; on epoll if nothing is there, after a read that left nothing behind, and
  ///               after many reads and writes in a row that did not have to wait: others get their turn.
  /// Lifetime      `into` belongs to the kernel until the await returns, also when it is cancelled.
  /// Cost          No allocation; one submission, together with others, at the worker's next park().
  /// Source        recv(2). asyncio: loop.sock_recv_into.
  throwing<transfer_operation> read_some(std::span<std::byte> into) noexcept;
  transfer_operation try_read_some(std::span<std::byte> into) noexcept;

  /// Writes at least one byte of `from`; gives the number.
  ///
  /// Suspends      If the peer is slower than we are; and on io_uring when the write is large, or when there
  ///               are many others, with which it then shares a system call.
  throwing<transfer_operation> write_some(std::span<const std::byte> from) noexcept;
  transfer_operation try_write_some(std::span<const std::byte> from) noexcept;

  /// Writes all of `from`. One write at a time: two would interleave.
  ///
  /// Cancellation  A part may have been written.
  task<void> write_all(std::span<const std::byte> from);
  /// As write_all(), with the number of bytes or the errno.
  task<result<std::size_t>> try_write_all(std::span<const std::byte> from);

  /// Tells the peer that no more will come; reading goes on. Never waits. Throws io::error.
  void shutdown_write();
  result<void> try_shutdown_write();

  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }
  [[nodiscard]] jackdaw::io::socket& raw_socket() noexcept { return socket_; }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  void close() noexcept { socket_.close(); }

 protected:
  stream_socket() noexcept = default;
  explicit stream_socket(socket connected) noexcept : socket_(std::move(connected)) {}
  stream_socket(stream_socket&&) noexcept = default;
  stream_socket& operator=(stream_socket&&) noexcept = default;
  ~stream_socket() = default;

  jackdaw::io::socket socket_;
};

}  // namespace jackdaw::io
