// create_connection() and its like: a connected socket, a protocol, and the transport between them.
#pragma once

#include <jackdaw/io/asyncio/name_lookup.hpp>
#include <jackdaw/io/asyncio/socket_transport.hpp>
#include <jackdaw/io/asyncio/ssl_context.hpp>
#include <jackdaw/io/asyncio/transports.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::io::asyncio {

/// A function that makes a protocol: it returns a std::shared_ptr to one.
template <class F>
concept makes_protocol = requires(F& make) {
  { make() } -> std::convertible_to<std::shared_ptr<base_protocol>>;
};

/// What create_connection() gives: the transport, and the protocol as its factory made it.
template <class F>
using connection_of = std::pair<std::shared_ptr<transport>, std::invoke_result_t<F&>>;

struct connection_options : ssl_options {
  connection_options() = default;

  /// AF_INET, AF_INET6, or both.
  int family = AF_UNSPEC;
  /// Where the socket is bound before it connects: the first that can be, of the family of the address it
  /// connects to.
  std::optional<endpoint_name> local_addr = {};
  /// Happy eyeballs (RFC 8305): how long an attempt may take before the next address is tried as well; 0.25
  /// seconds is recommended. Without it each address is tried when the one before has failed.
  std::optional<duration> happy_eyeballs_delay = {};
  /// How many addresses of the first family come before families take turns. 1 with happy eyeballs; without,
  /// 0: the order is the system's.
  std::optional<std::size_t> interleave = {};
  /// If no address can be reached: an exception_group of all errors, instead of one.
  bool all_errors = false;
};

/// A socket that is connected to the first of the host's addresses that can be reached, tried in order, or with happy
/// eyeballs (S217).
///
/// Errors        io::error, "Multiple exceptions: ..." if several addresses failed in several ways; resolve_error;
///               what connection_options::all_errors says.
task<jackdaw::io::socket> connected_socket(std::string host, std::uint16_t port,
                                           connection_options options = {});
/// The same, with addresses that are looked up.
task<jackdaw::io::socket> connected_to(std::vector<address> peers, connection_options options);
/// One that is connected to the local socket `path`. Throws io::error.
task<jackdaw::io::socket> connected_unix_socket(std::string path);
/// The transport of a connected socket, once the protocol knows it; over TLS, once the handshake is over. Throws
/// std::invalid_argument if it is no stream socket.
task<std::shared_ptr<transport>> begin_transport(jackdaw::io::socket connected,
                                                 std::shared_ptr<base_protocol> speaker,
                                                 ssl_setup secure);
/// The beginning of that: `waiter` will be set.
std::shared_ptr<transport> begin_transport_on(event_loop& loop, jackdaw::io::socket connected,
                                              std::shared_ptr<base_protocol> speaker,
                                              const ssl_setup& secure, future<void> waiter,
                                              std::shared_ptr<transport_counter> counter = nullptr);

/// A transport for a socket that is connected.
///
/// Suspends      Until the protocol's connection_made() has been called.
/// Threads       A running event loop's. Throws std::runtime_error elsewhere.
/// Errors        std::invalid_argument if it is no stream socket, or the options contradict each other; what
///               the factory throws; over TLS what the handshake fails with: tls_error, ECONNRESET, and
///               ECONNABORTED when it takes too long.
/// Cancellation  Closes the connection.
/// Source        loop.create_connection(sock=...), loop.connect_accepted_socket.
template <makes_protocol F>
task<connection_of<F>> create_connection(F factory, jackdaw::io::socket connected,
                                         ssl_options options = {}) {
  auto secure = ssl_setup::of_client(options, "");
  std::invoke_result_t<F&> speaker = factory();
  auto begun = co_await begin_transport(std::move(connected), speaker, std::move(secure));
  co_return connection_of<F>(std::move(begun), std::move(speaker));
}
template <makes_protocol F>
task<connection_of<F>> connect_accepted_socket(F factory, jackdaw::io::socket accepted,
                                               ssl_options options = {}) {
  auto secure = ssl_setup::of_server(options);
  std::invoke_result_t<F&> speaker = factory();
  auto begun = co_await begin_transport(std::move(accepted), speaker, std::move(secure));
  co_return connection_of<F>(std::move(begun), std::move(speaker));
}

/// Connects to a TCP server. As above, and what connected_socket() says.
/// Source        loop.create_connection.
template <makes_protocol F>
task<connection_of<F>> create_connection(F factory, std::string host, std::uint16_t port,
                                         connection_options options = {}) {
  auto secure = ssl_setup::of_client(options, host);
  auto connected = co_await connected_socket(std::move(host), port, std::move(options));
  std::invoke_result_t<F&> speaker = factory();
  auto begun = co_await begin_transport(std::move(connected), speaker, std::move(secure));
  co_return connection_of<F>(std::move(begun), std::move(speaker));
}

/// Connects to a local socket. Source: loop.create_unix_connection.
template <makes_protocol F>
task<connection_of<F>> create_unix_connection(F factory, std::string path,
                                              ssl_options options = {}) {
  auto secure = ssl_setup::of_client(options, "");
  auto connected = co_await connected_unix_socket(std::move(path));
  std::invoke_result_t<F&> speaker = factory();
  auto begun = co_await begin_transport(std::move(connected), speaker, std::move(secure));
  co_return connection_of<F>(std::move(begun), std::move(speaker));
}

/// Begins TLS on a connection that has been used without: from now on `speaker` is called through the transport
/// that this gives, and has to use that one. It is not told connection_made() again.
///
/// Suspends      Until the handshake is over.
/// Errors        std::invalid_argument if no connection's transport is given, or no context; and as
///               create_connection(). The connection is closed then.
/// Cancellation  Closes the connection.
/// Source        loop.start_tls; its server_side is what the context says.
task<std::shared_ptr<transport>> start_tls(std::shared_ptr<transport> over,
                                           std::shared_ptr<base_protocol> speaker, ssl_context ssl,
                                           start_tls_options options = {});
/// Throws what start_tls() throws before it begins.
void require_ready_for_tls(const transport* over, const ssl_setup& setup);
/// The same, with parameters that were checked.
task<std::shared_ptr<transport>> begin_tls(std::shared_ptr<transport> over,
                                           std::shared_ptr<base_protocol> speaker, ssl_setup setup);

}  // namespace jackdaw::io::asyncio
