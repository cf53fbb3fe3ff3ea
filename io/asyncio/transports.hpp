// Transports: one end of a connection, or a datagram socket, as an object that calls a protocol.
//
//   open ──close()──► closing ──what was written is sent──► lost      close() is idempotent (S203)
//     ├────abort(), an error──► closing, the buffer is dropped ──► lost      (S204, S206)
//     └────eof_received() said false ──► as close()
//
//   open      Data come in, unless reading is paused; write() sends at once, and keeps the rest (S205).
//   closing   Nothing is read. is_closing() is true from the call on.
//   lost      connection_lost() is called, once, from the loop; then the descriptor is closed and the
//             protocol let go. Writes are dropped without an error (S207).
//
// These are interfaces; socket_transport.hpp and datagram_endpoint.hpp have what is behind them.
#pragma once

#include <jackdaw/io/asyncio/socket_name.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace jackdaw::io {
struct tls_session;
}  // namespace jackdaw::io

namespace jackdaw::io::asyncio {

class base_protocol;

class ssl_maker;

/// What get_extra_info() tells. Source: get_extra_info('socket'), ('sockname'), ('peername'), ('ssl_object'),
/// ('sslcontext'); ('cipher') and ('peercert') are parts of ssl_object. ('compression') would be None for every
/// connection: OpenSSL makes none, and TLS 1.3 has none.
struct extra_info {
  int socket = -1;  // -1 when it is closed.
  std::optional<socket_name> sockname = {};
  std::optional<socket_name> peername = {};
  /// Over TLS, from connection_made() on, and when it is lost still: version, cipher, protocol, and the peer's
  /// certificate. See <jackdaw/io/tls/tls_engine.hpp>.
  std::shared_ptr<const tls_session> ssl_object = nullptr;
  /// Over TLS: what began it. ssl_context(sslcontext) begins more of the same.
  std::shared_ptr<const ssl_maker> sslcontext = nullptr;
};

/// Threads       All members on the loop's thread.
/// Lifetime      The loop shares an open transport until connection_lost() has returned, so a handle may be
///               dropped; whoever holds one longer has an object that does nothing.
/// Source        asyncio.BaseTransport.
class base_transport {
 public:
  base_transport() = default;
  base_transport(const base_transport&) = delete;
  base_transport& operator=(const base_transport&) = delete;
  virtual ~base_transport();

  /// Sends what is buffered, then calls connection_lost(null); never inside of this call. Idempotent.
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_closing() const noexcept = 0;
  /// From now on this one is called. Throws std::invalid_argument if it is of the wrong kind.
  virtual void set_protocol(std::shared_ptr<base_protocol> next) = 0;
  /// Null when the connection is lost.
  [[nodiscard]] virtual std::shared_ptr<base_protocol> get_protocol() const = 0;
  [[nodiscard]] virtual const extra_info& get_extra_info() const noexcept = 0;
};

/// Source        asyncio.ReadTransport.
class read_transport : public virtual base_transport {
 public:
  [[nodiscard]] virtual bool is_reading() const noexcept = 0;
  /// Both are idempotent, and without effect when closing (S211).
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
};

struct write_buffer_limits {
  std::size_t low = 0;
  std::size_t high = 0;
  friend bool operator==(const write_buffer_limits&, const write_buffer_limits&) = default;
};

/// What set_write_buffer_limits() makes of its arguments. Throws std::invalid_argument.
[[nodiscard]] write_buffer_limits write_buffer_limits_of(std::optional<std::size_t> high,
                                                         std::optional<std::size_t> low,
                                                         std::size_t high_default);

/// What can be written to has a buffer, and tells its protocol when to pause (S208).
class buffering_transport : public virtual base_transport {
 public:
  /// Drops what is buffered; connection_lost(null) comes from the loop.
  virtual void abort() = 0;
  [[nodiscard]] virtual std::size_t get_write_buffer_size() const noexcept = 0;
  [[nodiscard]] virtual write_buffer_limits get_write_buffer_limits() const noexcept = 0;
  /// Defaults: high 64 KiB, or 4 * low; low high / 4. Throws std::invalid_argument if high < low.
  virtual void set_write_buffer_limits(std::optional<std::size_t> high = {},
                                       std::optional<std::size_t> low = {}) = 0;
};

/// Source        asyncio.WriteTransport.
class write_transport : public virtual buffering_transport {
 public:
  /// Sends as much as there is room for now; the rest is copied and sent later. Never suspends, and never
  /// throws for what a peer does: that is for connection_lost(). Throws std::runtime_error after write_eof().
  virtual void write(std::string_view data) = 0;
  void write(std::span<const std::byte> data) {
    write(std::string_view(reinterpret_cast<const char*>(data.data()), data.size()));
  }
  void write(const char* text) { write(std::string_view(text)); }
  /// As one write() of all, in one system call.
  virtual void writelines(std::span<const std::string_view> lines) = 0;
  /// When what is buffered has been sent, the peer is told that no more will come; reading goes on.
  virtual void write_eof() = 0;
  [[nodiscard]] virtual bool can_write_eof() const noexcept = 0;
};

/// Source        asyncio.Transport.
class transport : public read_transport, public write_transport {};

/// The transport of a connection: of a socket, or of TLS over such a transport. What start_tls() and sendfile()
/// need of it.
class connection_transport : public transport {
 public:
  /// As abort(), but it is lost with `error`.
  virtual void force_close(const std::exception_ptr& error) = 0;
  /// Between pause_writing() and resume_writing().
  [[nodiscard]] virtual bool is_protocol_paused() const noexcept = 0;
};

/// Source        asyncio.DatagramTransport.
class datagram_transport : public virtual buffering_transport {
 public:
  /// One datagram, to the peer or to `to`. What cannot be sent now is copied and sent later; errors are for
  /// error_received(). Throws std::invalid_argument if the endpoint has a peer and `to` is another one.
  virtual void sendto(std::string_view data, const std::optional<socket_name>& to = {}) = 0;
};

}  // namespace jackdaw::io::asyncio
