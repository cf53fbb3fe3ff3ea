// The caps.
//   A1  relaxed: the counts bound how many there are at a time, and order nothing.

#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/tools/http/admission.hpp>
#include <jackdaw/tools/http/client.hpp>
#include <jackdaw/tools/http/connection.hpp>
#include <jackdaw/tools/http/server_context.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace jackdaw::http {

namespace {

// Clients beyond a cap are told so, but not without bound: the answer holds a descriptor.
constexpr unsigned turning_away_max = 128;

void shed_connection(server_context& server, io::tcp_stream stream, shed why) {
  server.metrics.count_shed(why);
  if (server.tls.has_value()) {
    return;  // It could read the reply only after a handshake, which costs more than a request.
  }
  if (server.turning_away.fetch_add(1, std::memory_order_relaxed) < turning_away_max) {  // A1
    spawn(turn_away(server, std::move(stream)));
  } else {
    server.turning_away.fetch_sub(1, std::memory_order_relaxed);  // A1
  }
}

// Nothing if it has gone already.
std::optional<io::address> peer_of(const io::tcp_stream& stream) {
  try {
    return stream.peer_address();
  } catch (const io::error&) {
    return std::nullopt;
  }
}

}  // namespace

bool flight_count::enter(std::size_t count_max) noexcept {
  if (count_.fetch_add(1, std::memory_order_relaxed) < count_max) {  // A1
    return true;
  }
  leave();
  return false;
}

void flight_count::leave() noexcept { count_.fetch_sub(1, std::memory_order_relaxed); }  // A1

std::size_t flight_count::size() const noexcept {
  return count_.load(std::memory_order_relaxed);  // A1
}

bool place(server_context& server, const io::address& peer, std::unique_ptr<client>& who) {
  const std::size_t count_max = server.options.per_address_max;
  who = std::make_unique<client>(peer);
  return count_max == 0 || who->take_place(server.addresses, count_max);
}

void admit(server_context& server, io::tcp_stream stream) {
  const server_options& options = server.options;
  server.metrics.count_connection();
  if (!server.registry.reserve(options.connections_max)) {
    shed_connection(server, std::move(stream), shed::connections);
    return;
  }
  std::unique_ptr<client> who;
  if (options.wants_clients() && !options.proxy_protocol) {
    const std::optional<io::address> peer = peer_of(stream);
    if (!peer.has_value()) {
      server.registry.cancel();
      return;
    }
    if (!place(server, *peer, who)) {
      server.registry.cancel();
      shed_connection(server, std::move(stream), shed::address);
      return;
    }
  }
  spawn(serve_connection(server, std::move(stream), std::move(who)));
}

}  // namespace jackdaw::http
