// Servers: listening sockets that make a protocol and a transport for each connection.
//
//   made ──start_serving()──► serving ──close()──► closed
//     └───────────────close()───────────────────────┘
//
//   made      Bound, and not listening.
//   serving   In each turn in which there are connections, up to `backlog` of them are accepted (S238), each
//             by a task of its own.
//   closed    Listens no more; the connections go on (S240). wait_closed() waits for this and for the
//             end of all connections (S241).
//
// A loop keeps a server that serves, and each connection keeps its server.
#pragma once

#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/selector_transport.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jackdaw::io::asyncio {

struct server_options {
  server_options() = default;

  /// AF_INET, AF_INET6, or both.
  int family = AF_UNSPEC;
  /// Of listen(2), and how many connections are accepted in a turn.
  int backlog = 100;
  bool reuse_address = true;
  bool reuse_port = false;
  bool keep_alive = false;
  bool start_serving = true;
  /// Of a local server: close() removes its path, if that is still this socket's (S243).
  bool cleanup_socket = true;
  /// TLS on each connection: a server's context. The protocol's connection_made() comes after the handshake.
  ssl_context ssl = {};
  /// See start_tls_options.
  std::optional<duration> ssl_handshake_timeout = {};
  std::optional<duration> ssl_shutdown_timeout = {};
};

/// Makes the protocol of a connection.
using protocol_factory = std::function<std::shared_ptr<base_protocol>()>;

/// Threads       All members on the loop's thread.
/// Source        asyncio.Server.
class server final : public transport_counter,
                     public kept_open,
                     public std::enable_shared_from_this<server> {
 public:
  // For create_server() and its like.
  server(event_loop& loop, std::vector<jackdaw::io::socket> bound, protocol_factory factory,
         const server_options& options);
  ~server() override;

  /// Stops listening, at once and for good; a serve_forever() is cancelled. Idempotent.
  void close();
  /// close() and abort() of all connections' transports.
  void close_clients();
  void abort_clients();
  [[nodiscard]] bool is_serving() const noexcept { return serving_; }
  [[nodiscard]] event_loop& get_loop() const noexcept { return *loop_; }
  /// The names of the listening sockets; none when it is closed. Source: [s.getsockname() for s in sockets].
  [[nodiscard]] std::vector<socket_name> sockets() const;

  /// Begins to serve, unless it does; gives way for a turn. Throws std::runtime_error if it is closed.
  JACKDAW_CORO_WRAPPER task<void> start_serving() { return start(shared_from_this()); }
  /// Serves until it is cancelled, or the server closed; then closes, waits, and throws cancelled_error.
  /// Errors        std::runtime_error if it is closed, or somebody awaits this already.
  JACKDAW_CORO_WRAPPER task<void> serve_forever() { return serve(shared_from_this()); }
  /// Waits until it is closed and all connections have ended.
  JACKDAW_CORO_WRAPPER task<void> wait_closed() { return wait(shared_from_this()); }

  // --- For create_server() ---
  void listen();

  // --- For transports ---
  void attach(selector_transport& begun) noexcept override;
  void detach(selector_transport& lost) noexcept override;
  void abandon() noexcept override;
  void let_go() noexcept override { factory_ = nullptr; }

 private:
  struct listener : ready_callback {
    listener(server& serving, jackdaw::io::socket bound);
    static void ready(ready_callback& self);
    void forget_path() const noexcept;
    server* owner;
    jackdaw::io::socket socket;
    std::string path;  // Of a local socket that is to be removed.
    std::uint64_t file = 0;
  };

  void accept_from(listener& listening);
  void pause_accepting(listener& listening, int number);
  // The server lives as long as one of these.
  static task<void> start(std::shared_ptr<server> self);
  static task<void> serve(std::shared_ptr<server> self);
  static task<void> wait(std::shared_ptr<server> self);
  static task<void> greet(std::shared_ptr<server> self, jackdaw::io::socket connected);
  [[nodiscard]] std::vector<std::shared_ptr<selector_transport>> clients() const;
  void stop_listening() noexcept;
  void wake_if_over() noexcept;

  event_loop* loop_;
  protocol_factory factory_;
  server_options options_;
  ssl_setup secure_;
  std::vector<std::unique_ptr<listener>> listeners_;
  intrusive_list<selector_transport> clients_;
  std::optional<std::vector<future<void>>> waiters_{std::in_place};  // None: it is over.
  std::optional<future<void>> forever_;
  std::optional<selector::keeper> kept_;
  bool serving_ = false;
  bool closed_ = false;
};

/// Listens on the addresses of `hosts`; "" is all interfaces. A port of 0 lets the kernel choose, per address.
///
/// Suspends      Always: names are looked up by tasks of their own, and it gives way for a turn when it serves.
/// Threads       A running event loop's.
/// Errors        io::error that names the address; resolve_error; std::invalid_argument if what is said of TLS
///               contradicts itself. What fails in a connection's handshake ends that connection, and is
///               reported in debug mode.
/// Cancellation  Leaves no socket behind.
/// Source        loop.create_server.
task<std::shared_ptr<server>> create_server(protocol_factory factory,
                                            std::vector<std::string> hosts, std::uint16_t port,
                                            server_options options = {});
task<std::shared_ptr<server>> create_server(protocol_factory factory, std::string host,
                                            std::uint16_t port, server_options options = {});
/// On a socket that is bound. Throws std::invalid_argument if it is no stream socket.
task<std::shared_ptr<server>> create_server(protocol_factory factory, jackdaw::io::socket bound,
                                            server_options options = {});

/// On a local socket. A socket file that is there already is replaced. Source: loop.create_unix_server.
task<std::shared_ptr<server>> create_unix_server(protocol_factory factory, std::string path,
                                                 server_options options = {});

}  // namespace jackdaw::io::asyncio
