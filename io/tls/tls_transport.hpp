// What TLS needs of the stream below it; and that of any stream.
#pragma once

#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/task.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::io {

/// Owns the stream.
///
/// Threads       One receive() and one send() at a time, on any workers.
/// Cancellation  Must lose nothing: bytes that were received are in the buffer, and of bytes to be sent none
///               were if the await throws.
class tls_transport {
 public:
  tls_transport() = default;
  tls_transport(const tls_transport&) = delete;
  tls_transport& operator=(const tls_transport&) = delete;
  virtual ~tls_transport() = default;

  /// Appends what comes, at least a byte; 0 at the end.
  virtual task<result<std::size_t>> receive(byte_buffer& into) = 0;
  /// Sends at least one byte; gives the number.
  virtual task<result<std::size_t>> send(std::span<const std::byte> from) = 0;
  /// For messages: whom it is connected with; "" if that has no name.
  [[nodiscard]] virtual std::string peer() const = 0;
  virtual void close() noexcept = 0;
};

/// Over TCP: while it waits for the first bytes of a message it holds no memory.
class tcp_transport final : public tls_transport {
 public:
  explicit tcp_transport(tcp_stream stream);
  task<result<std::size_t>> receive(byte_buffer& into) override;
  task<result<std::size_t>> send(std::span<const std::byte> from) override;
  [[nodiscard]] std::string peer() const override { return peer_; }
  void close() noexcept override { stream_.close(); }

 private:
  tcp_stream stream_;
  std::string peer_;
  std::size_t received_last_ = 0;
};

/// A byte stream: try_read_some(), try_write_some(), close(), as tcp_stream has them.
template <class Stream>
concept byte_stream = std::movable<Stream> && requires(Stream& stream, std::span<std::byte> into,
                                                       std::span<const std::byte> from) {
  stream.try_read_some(into);
  stream.try_write_some(from);
  stream.close();
};

/// Over any other stream, TLS itself included.
template <byte_stream Stream>
class stream_transport final : public tls_transport {
 public:
  explicit stream_transport(Stream stream) : stream_(std::move(stream)) {}

  task<result<std::size_t>> receive(byte_buffer& into) override {
    const std::span<std::byte> room = into.prepare(read_bytes);
    const result<std::size_t> count = co_await stream_.try_read_some(room);
    if (count.ok()) {
      into.commit(*count);
    }
    into.release_if_empty();
    co_return count;
  }
  task<result<std::size_t>> send(std::span<const std::byte> from) override {
    const result<std::size_t> count = co_await stream_.try_write_some(from);
    co_return count;
  }
  [[nodiscard]] std::string peer() const override { return ""; }
  void close() noexcept override { stream_.close(); }

 private:
  static constexpr std::size_t read_bytes = std::size_t{16} * 1024;

  Stream stream_;
};

template <byte_stream Stream>
[[nodiscard]] std::unique_ptr<tls_transport> make_tls_transport(Stream stream) {
  if constexpr (std::same_as<Stream, tcp_stream>) {
    return std::make_unique<tcp_transport>(std::move(stream));
  } else {
    return std::make_unique<stream_transport<Stream>>(std::move(stream));
  }
}

}  // namespace jackdaw::io
