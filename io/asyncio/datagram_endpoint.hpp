// create_datagram_endpoint(): a datagram socket, a protocol, and the transport between them.
//
// Nothing is kept of what comes: one datagram is read per turn, and passed on (S215). What cannot be sent at once
// is kept in order. Errors of the socket are told to error_received(), and end nothing.
#pragma once

#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/selector_transport.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::io::asyncio {

/// Use create_datagram_endpoint(), which makes one.
class datagram_socket_transport final : public datagram_transport, public selector_transport {
 public:
  /// `peer`: the only one that it sends to. Throws std::invalid_argument if the protocol is none for datagrams.
  static std::shared_ptr<datagram_socket_transport> begin_on(event_loop& loop,
                                                             jackdaw::io::socket bound,
                                                             std::shared_ptr<base_protocol> told,
                                                             std::optional<socket_name> peer,
                                                             std::optional<future<void>> waiter);
  // For begin_on().
  datagram_socket_transport(event_loop& loop, jackdaw::io::socket bound,
                            std::optional<socket_name> peer);

  void set_protocol(std::shared_ptr<base_protocol> next) override;
  void sendto(std::string_view data, const std::optional<socket_name>& to) override;
  [[nodiscard]] std::size_t get_write_buffer_size() const noexcept override {
    return buffered_bytes_;
  }

 private:
  struct datagram {
    std::string data;
    std::optional<socket_name> to;
  };

  void read_ready() override;
  void write_ready() override;
  void drop_buffer() noexcept override;
  /// 0 or an errno.
  [[nodiscard]] int send_now(std::string_view data, const std::optional<socket_name>& to) const;
  void tell_error(int number, const char* call);

  datagram_protocol* told_ = nullptr;
  std::optional<socket_name> peer_;
  std::deque<datagram> buffer_;
  std::size_t buffered_bytes_ = 0;
};

struct datagram_options {
  datagram_options() = default;

  /// Where it receives.
  std::optional<endpoint_name> local_addr = {};
  /// Whom it sends to, and hears: others are not received, unless broadcasts are allowed.
  std::optional<endpoint_name> remote_addr = {};
  /// Of names, the addresses that count. Has to be said where neither address is given: AF_INET, AF_INET6 or
  /// AF_UNIX.
  int family = AF_UNSPEC;
  bool reuse_port = false;
  bool allow_broadcast = false;
};

/// The transport of a datagram socket that is made already, once the protocol knows it.
task<std::shared_ptr<datagram_transport>> begin_datagram_transport(
    jackdaw::io::socket bound, std::shared_ptr<base_protocol> told,
    std::optional<socket_name> peer);
/// A socket, and whom it sends to.
struct datagram_ends {
  datagram_ends() = default;

  jackdaw::io::socket bound;
  std::optional<socket_name> peer = {};
};
/// A socket as `options` want it; of names with several addresses, of the first family that can be had. Throws
/// io::error; resolve_error; std::invalid_argument if they name neither an address nor a family, or two families.
task<datagram_ends> datagram_socket(datagram_options options);

/// What create_datagram_endpoint() gives.
template <class F>
using endpoint_of = std::pair<std::shared_ptr<datagram_transport>, std::invoke_result_t<F&>>;

/// A datagram socket with a protocol.
///
/// Suspends      Until names are looked up and the protocol's connection_made() has been called.
/// Threads       A running event loop's. Throws std::runtime_error elsewhere.
/// Errors        As datagram_socket().
/// Source        loop.create_datagram_endpoint.
template <makes_protocol F>
task<endpoint_of<F>> create_datagram_endpoint(F factory, datagram_options options) {
  auto ends = co_await datagram_socket(std::move(options));
  std::invoke_result_t<F&> told = factory();
  auto begun = co_await begin_datagram_transport(std::move(ends.bound), told, std::move(ends.peer));
  co_return endpoint_of<F>(std::move(begun), std::move(told));
}

/// On a socket of the caller's.
template <makes_protocol F>
task<endpoint_of<F>> create_datagram_endpoint(F factory, jackdaw::io::socket bound) {
  std::invoke_result_t<F&> told = factory();
  auto begun = co_await begin_datagram_transport(std::move(bound), told, std::nullopt);
  co_return endpoint_of<F>(std::move(begun), std::move(told));
}

}  // namespace jackdaw::io::asyncio
