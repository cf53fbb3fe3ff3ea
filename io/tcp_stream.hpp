// A TCP connection.
#pragma once

#include <jackdaw/io/operation.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>

namespace jackdaw::io {

/// Owns the connection. Move-only, and movable only while no operation is pending on it.
///
/// Threads       One reading and one writing task at a time, on any workers of the runtime.
/// Errors        io::error with the kernel's errno; the try_ forms return it as a result instead.
/// Cancellation  Ends the wait; bytes are never lost: an operation that succeeded in the same instant
///               returns, and the cancellation is delivered at the next suspension.
class tcp_stream {
 public:
  tcp_stream() noexcept = default;
  explicit tcp_stream(socket connected) noexcept : socket_(std::move(connected)) {}

  /// Connects to `peer`. Suspends; throws io::error. A cancelled attempt leaves no socket behind.
  static task<tcp_stream> connect(address peer);

  /// Reads up to `into.size()` bytes, as soon as at least one is there. 0: the peer closed its side.
  ///
  /// Suspends      Always on io_uring; on epoll only if nothing is there, and after many reads and writes
  ///               in a row that did not have to wait: others get their turn.
  /// Lifetime      `into` belongs to the kernel until the await returns, also when it is cancelled.
  /// Cost          No allocation; one submission, together with others, at the worker's next park().
  /// Source        recv(2). asyncio: loop.sock_recv_into.
  throwing<transfer_operation> read_some(std::span<std::byte> into) noexcept;
  transfer_operation try_read_some(std::span<std::byte> into) noexcept;

  /// Writes at least one byte of `from`; gives the number.
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
  /// Without it small writes wait for the peer's acknowledgement (Nagle). On by default.
  void set_no_delay(bool on);

  [[nodiscard]] address peer_address() const { return socket_.peer_address(); }
  [[nodiscard]] address local_address() const { return socket_.local_address(); }
  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }
  [[nodiscard]] jackdaw::io::socket& raw_socket() noexcept { return socket_; }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  void close() noexcept { socket_.close(); }

 private:
  jackdaw::io::socket socket_;
};

}  // namespace jackdaw::io
