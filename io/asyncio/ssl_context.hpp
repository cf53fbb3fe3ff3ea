// asyncio's ssl=: TLS for connections and servers, without knowing OpenSSL.
//
//   transport of the socket ── calls ──► protocol of TLS ── calls ──► the program's protocol
//            ▲                              │       ▲                         │
//            └──────────── writes ──────────┘       └── transport of TLS ◄── writes
//
// Both in the middle are one object of the library jackdaw::tls (io/tls/asyncio/ssl_protocol.hpp), which stands
// on this room. This room has the interface by which it asks for one, and the parameters: only a program that
// makes an ssl_context of a tls_context links jackdaw::tls.
#pragma once

#include <jackdaw/io/asyncio/protocols.hpp>
#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/future.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace jackdaw::io {
class tls_context;
}  // namespace jackdaw::io

namespace jackdaw::io::asyncio {

class ssl_maker;

/// What asyncio's parameter `ssl` takes; none, the default, is no TLS. Whether a connection is a server's or a
/// client's end is said by the context, so there is no parameter `server_side`.
///
/// Threads       Any. Copies are the same context.
/// Source        ssl.SSLContext as asyncio uses it.
class ssl_context {
 public:
  ssl_context() noexcept = default;
  /// Of jackdaw::tls: <jackdaw/io/tls/tls_context.hpp> has what to make it of.
  ssl_context(const tls_context& context);  // NOLINT(google-explicit-constructor): it is one.
  /// Another maker of TLS.
  explicit ssl_context(std::shared_ptr<const ssl_maker> maker) noexcept
      : maker_(std::move(maker)) {}

  explicit operator bool() const noexcept { return maker_ != nullptr; }
  [[nodiscard]] const ssl_maker& maker() const noexcept { return *maker_; }
  [[nodiscard]] const std::shared_ptr<const ssl_maker>& shared() const noexcept { return maker_; }

 private:
  std::shared_ptr<const ssl_maker> maker_;
};

/// The parameter of clients, which takes `true` as well: tls_context::client(), made for the connection, which for
/// server_hostname = "" checks no name. Its authorities are read each time (some ms): who connects often makes
/// a context. Servers and start_tls() take contexts only, as in asyncio.
///
/// Source        ssl=True; ssl.create_default_context().
class ssl_argument : public ssl_context {
 public:
  using ssl_context::ssl_context;
  ssl_argument() noexcept = default;
  ssl_argument(ssl_context given) noexcept  // NOLINT(google-explicit-constructor): it is one.
      : ssl_context(std::move(given)) {}
  // A template, so that nothing else becomes a bool on its way here, and jackdaw::tls is linked by who says it.
  template <std::same_as<bool> B>
  ssl_argument(B on)  // NOLINT(google-explicit-constructor): ssl = true.
      : ssl_context(on ? of_the_system() : ssl_context()) {}

 private:
  static ssl_context of_the_system();
};

// These have constructors, although they need none: what is an aggregate, a parameter by value and a temporary
// in a co_await is destroyed twice by g++ 12 (docs/compilers.md).

/// Of start_tls().
struct start_tls_options {
  start_tls_options() = default;

  /// Of a client: the name that is asked for, and that the certificate has to be for. create_connection() takes
  /// the host, if nothing is said; who connects otherwise has to say it. "": only a context that does not check
  /// names goes without.
  std::optional<std::string> server_hostname = {};
  /// 60 seconds, if nothing is said: then the connection is lost with ECONNABORTED (S218).
  std::optional<duration> ssl_handshake_timeout = {};
  /// How long close() waits for the peer's farewell: 30 seconds, then it is lost with a timeout_error (S218).
  std::optional<duration> ssl_shutdown_timeout = {};
};

/// Of create_connection() and its like.
struct ssl_options : start_tls_options {
  ssl_options() = default;

  ssl_argument ssl = {};
};

/// The parameters of one connection's TLS, checked.
class ssl_setup {
 public:
  /// No TLS.
  ssl_setup() = default;
  /// Throws std::invalid_argument if a timeout is not above zero.
  ssl_setup(ssl_context ssl, const start_tls_options& options);

  /// Of a client that connects to `host`. Throws std::invalid_argument if TLS without a name is asked for,
  /// something about TLS without TLS, or a server's context given.
  [[nodiscard]] static ssl_setup of_client(const ssl_options& options, const std::string& host);
  /// Of an accepted connection. As above.
  [[nodiscard]] static ssl_setup of_server(const ssl_options& options);

  ssl_context context;
  std::string server_hostname;
  duration handshake_timeout = std::chrono::seconds(60);
  duration shutdown_timeout = std::chrono::seconds(30);
  /// False: the protocol knows its connection already, and is not told of it again.
  bool tells_connection_made = true;
  /// The peer's first bytes, if they were received before TLS began.
  std::string arrived;
};

/// Both ends of TLS.
struct ssl_layer {
  std::shared_ptr<connection_protocol> below;  // For the socket's transport.
  std::shared_ptr<transport> above;            // For the program's protocol.
};

/// What jackdaw::tls implements.
class ssl_maker {
 public:
  ssl_maker() = default;
  ssl_maker(const ssl_maker&) = delete;
  ssl_maker& operator=(const ssl_maker&) = delete;
  virtual ~ssl_maker();

  [[nodiscard]] virtual bool is_server() const noexcept = 0;
  /// `waiter` is set when the handshake is over, or failed. Throws std::invalid_argument if the protocol is none
  /// for streams.
  [[nodiscard]] virtual ssl_layer make(jackdaw::asyncio::event_loop& loop,
                                       std::shared_ptr<base_protocol> speaker,
                                       const ssl_setup& setup, future<void> waiter) const = 0;
};

}  // namespace jackdaw::io::asyncio
