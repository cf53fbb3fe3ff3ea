// What a connection's bytes go through: a socket, or TLS over it.
//
// Both kinds have the same members, and connection.cpp has its one coroutine for each of them: an interface
// with virtual coroutines would cost every read of every connection a frame. The socket belongs to the
// coroutine, and outlives the wire.
#pragma once

#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/io/tls/tls_stream.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>

namespace jackdaw::http {

class plain_wire {
 public:
  static constexpr bool encrypts = false;

  explicit plain_wire(io::tcp_stream& stream) noexcept : stream_(&stream), reader_(stream) {}

  /// Waits for more bytes; 0 at the end.
  [[nodiscard]] io::fill_operation fill() { return reader_.fill(); }
  [[nodiscard]] std::span<const std::byte> buffered() const noexcept { return reader_.buffered(); }
  void consume(std::size_t count) noexcept { reader_.consume(count); }

  JACKDAW_CORO_WRAPPER task<io::result<std::size_t>> write_all(std::span<const std::byte> from) {
    return stream_->try_write_all(from);
  }

  [[nodiscard]] io::transfer_operation write_some(std::span<const std::byte> from) noexcept {
    return stream_->try_write_some(from);
  }

  [[nodiscard]] plain_wire& raw() noexcept { return *this; }
  [[nodiscard]] int native_handle() const noexcept { return stream_->native_handle(); }

 private:
  io::tcp_stream* stream_;
  io::buffered_reader reader_;
};

class tls_wire {
 public:
  static constexpr bool encrypts = true;

  explicit tls_wire(io::tcp_stream& stream) noexcept : raw_(stream) {}

  /// Agrees with the client; what was read from raw() before and not consumed is the begin of that. False
  /// if that fails, or takes too long.
  task<bool> handshake(io::tls_context context, duration limit);

  task<io::result<std::size_t>> fill();
  [[nodiscard]] std::span<const std::byte> buffered() const noexcept { return buffer_.readable(); }
  void consume(std::size_t count) noexcept { buffer_.consume(count); }

  JACKDAW_CORO_WRAPPER task<io::result<std::size_t>> write_all(std::span<const std::byte> from) {
    return tls_.try_write_all(from);
  }

  JACKDAW_CORO_WRAPPER task<io::result<std::size_t>> write_some(std::span<const std::byte> from) {
    return tls_.try_write_some(from);
  }

  /// Says that this was all, so that the client knows that nothing was cut off.
  task<void> say_goodbye(duration limit);

  /// What is below: before the handshake, and after the good-bye.
  [[nodiscard]] plain_wire& raw() noexcept { return raw_; }
  [[nodiscard]] int native_handle() const noexcept { return raw_.native_handle(); }

 private:
  plain_wire raw_;
  io::tls_stream tls_;
  io::byte_buffer buffer_;  // Decrypted.
};

}  // namespace jackdaw::http
