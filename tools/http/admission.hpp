// Whom the server takes on, and whom it tells to come again later.
//
// Caps, in the order in which a client meets them
// -----------------------------------------------
//   connections   counted when accepted, before anything is known of it
//   address       as soon as the address is known: at once, or after the PROXY header
//   in flight     when a request is there: counts connections whose requests have no reply yet
//
// Beyond a cap: 503 with Retry-After, and the end of the connection. The telling is bounded too; beyond that,
// and where TLS would have to be agreed on first, the connection just ends.
#pragma once

#include <jackdaw/io/address.hpp>
#include <jackdaw/io/tcp_stream.hpp>

#include <atomic>
#include <cstddef>
#include <memory>

namespace jackdaw::http {

class client;
struct server_context;

/// Connections that are being answered. Threads: any.
class flight_count {
 public:
  /// One more, unless there are `count_max`.
  [[nodiscard]] bool enter(std::size_t count_max) noexcept;
  void leave() noexcept;
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  std::atomic<std::size_t> count_{0};
};

/// Makes the client of a connection that came from `peer`, and finds a place for it. False if its address has
/// as many as it may have.
[[nodiscard]] bool place(server_context& server, const io::address& peer,
                         std::unique_ptr<client>& who);

/// Serves an accepted connection, or turns it away. In a task of the server.
void admit(server_context& server, io::tcp_stream stream);

}  // namespace jackdaw::http
