// A stream with TLS over another stream: encrypted, and the peer is who it says it is.
//
// Turns
// -----
// Encrypted bytes leave in the order in which they were made, so sending is by turns (a mutex). Who writes
// waits for its turn. Who reads may have something to send too, an answer that the protocol demands, but
// must not wait behind a writer whose peer waits for us to read: it sends if the turn is free, and else the
// writer does, who looks once more after giving up the turn.
//
// A sender that is cancelled leaves what it had not sent to the next one: the peer sees no gap.
#pragma once

#include <jackdaw/io/tls/tls_context.hpp>
#include <jackdaw/io/tls/tls_engine.hpp>
#include <jackdaw/io/tls/tls_error.hpp>
#include <jackdaw/io/tls/tls_transport.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/task.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::io {

/// Owns the stream below. Move-only, and movable only while nothing is pending on it.
///
/// Threads       One reading and one writing task at a time, on any workers of the runtime; handshake() and
///               shutdown() alone.
/// Errors        tls_error, an io::error: its kind tells a bad certificate from a truncated connection from a
///               failure of the stream below. The try_ forms return the errno (see tls_failure), and
///               problem() has the rest. After a failure of TLS itself every call fails alike.
/// Cancellation  Loses no byte and tears no record; see each.
/// Source        OpenSSL. asyncio: loop.start_tls, the ssl argument of open_connection.
class tls_stream {
 public:
  static constexpr duration handshake_timeout_default = std::chrono::seconds(60);

  tls_stream() noexcept;
  /// Does nothing yet: handshake() is next. A client names the server, which is what it asks for (SNI) and
  /// whose certificate it wants to see; a context for servers makes a server, which needs no name.
  ///
  /// Errors        tls_error, kind configuration: a client that verifies has no name.
  tls_stream(tls_context context, std::unique_ptr<tls_transport> below,
             const std::string& server_name = {});
  tls_stream(tls_stream&& other) noexcept;
  tls_stream& operator=(tls_stream&& other) noexcept;
  /// Closes without a farewell: the peer sees a truncated connection. shutdown() first.
  ~tls_stream();

  /// Resolves, connects to the first address that answers, and does the handshake.
  ///
  /// Errors        resolve_error, io::error of the last address, tls_error, timeout_error.
  static task<tls_stream> connect(std::string host, std::string service, tls_context context,
                                  duration handshake_timeout = handshake_timeout_default);

  /// Agrees with the peer, and verifies it. Once, before anything else.
  ///
  /// Errors        timeout_error after `limit`, so that a silent client costs a server only that long.
  /// Cancellation  The stream is of no use afterwards.
  /// Source        SSL_do_handshake(3), RFC 8446.
  task<void> handshake(duration limit = handshake_timeout_default);
  /// A deadline that passes is ETIMEDOUT.
  task<result<void>> try_handshake(duration limit = handshake_timeout_default);

  /// Reads up to `into.size()` bytes, as soon as at least one is there. 0: the peer said good-bye, so this
  /// was all. A connection that merely ends is an error, kind truncated: somebody may have cut it.
  ///
  /// Suspends      Unless decrypted bytes are there.
  /// Cancellation  Ends the wait; loses nothing.
  task<std::size_t> read_some(std::span<std::byte> into);
  task<result<std::size_t>> try_read_some(std::span<std::byte> into);

  /// Writes at least one byte of `from`, some 64 KiB at most; gives the number.
  ///
  /// Cancellation  Throws only if none of `from` was taken. What was taken is sent by the next operation on
  ///               the stream, and the cancellation comes at the next suspension.
  task<std::size_t> write_some(std::span<const std::byte> from);
  task<result<std::size_t>> try_write_some(std::span<const std::byte> from);

  /// Writes all of `from`.
  ///
  /// Cancellation  A part may have been written.
  task<void> write_all(std::span<const std::byte> from);
  task<result<std::size_t>> try_write_all(std::span<const std::byte> from);

  /// Says that no more will come (close_notify); reading goes on. Nothing can be written afterwards (EPIPE).
  task<void> shutdown_write();
  task<result<void>> try_shutdown_write();

  /// Says good-bye, and waits until the peer has, throwing away what it still sends. True: it has; false: its
  /// connection just ended, as many do who have read all they wanted.
  ///
  /// Suspends      As long as the peer sends: timeout() around it.
  task<bool> shutdown();

  /// What was agreed on in the handshake.
  [[nodiscard]] const tls_session& session() const noexcept;
  /// "h2", or "" if no protocol was chosen.
  [[nodiscard]] const std::string& alpn() const noexcept { return session().alpn; }
  /// The last failure, in words; empty if there was none.
  [[nodiscard]] tls_problem problem() const;

  explicit operator bool() const noexcept { return parts_ != nullptr; }
  /// Closes the stream below at once; nothing may be pending on it.
  void close() noexcept;

 private:
  struct parts;

  task<tls_problem> exchange();
  task<tls_problem> handshake_within(duration limit);
  task<tls_problem> receive(const char* doing);
  task<int> send_pending();
  task<int> send_if_free();
  task<int> send_in_turn();
  task<tls_problem> read_into(std::span<std::byte> into, std::size_t& count);
  task<tls_problem> write_from(std::span<const std::byte> from, std::size_t& count);
  task<tls_problem> say_goodbye();
  [[nodiscard]] tls_problem problem_while(const char* doing) const;
  [[nodiscard]] tls_problem lower_problem(const char* doing, int number) const;
  result<void> as_result(const tls_problem& problem, const char* call);

  std::unique_ptr<parts> parts_;
};

/// Turns a stream into one with TLS, in the middle of a conversation or at its begin: takes it over and does
/// the handshake. Nothing that the peer sent may be in a reader's buffer. See tls_stream.
///
/// Source        asyncio: loop.start_tls, StreamWriter.start_tls.
task<tls_stream> start_tls(std::unique_ptr<tls_transport> below, tls_context context,
                           std::string server_name = {},
                           duration handshake_timeout = tls_stream::handshake_timeout_default);

template <byte_stream Stream>
JACKDAW_CORO_WRAPPER task<tls_stream> start_tls(
    Stream below, tls_context context, std::string server_name = {},
    duration handshake_timeout = tls_stream::handshake_timeout_default) {
  return start_tls(make_tls_transport(std::move(below)), std::move(context), std::move(server_name),
                   handshake_timeout);
}

}  // namespace jackdaw::io
