// Looking up, connecting, beginning.
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>
#include <jackdaw/io/resolver.hpp>
#include <jackdaw/runtime/exception_group.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace jackdaw::io::asyncio {
namespace {

// No scope: what has one goes through the resolver.
std::optional<address> address_from_number(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    return address(reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    return address(reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
  }
  return std::nullopt;
}

bool is_of_family(const address& found, int family) noexcept {
  return family == AF_UNSPEC || found.family() == family;
}

void bind_to(jackdaw::io::socket& made, const address& local) {
  if (local.family() != made.option(SOL_SOCKET, SO_DOMAIN)) {
    throw error(EAFNOSUPPORT, "bind", local.to_string());
  }
  if (::bind(made.native_handle(), local.raw(), local.length()) != 0) {
    throw error(errno, "bind", local.to_string());
  }
}

task<jackdaw::io::socket> connect_to(address peer, std::optional<address> local) {
  jackdaw::io::socket made = jackdaw::io::socket::open(peer.family(), SOCK_STREAM);
  if (local) {
    bind_to(made, *local);
  }
  co_await sock_connect(made, peer);
  co_return made;
}

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const io::error& caught) {
    return caught.what();
  }
}

[[noreturn]] void throw_errors(const std::vector<std::exception_ptr>& errors, bool all_errors) {
  if (errors.empty()) {
    throw error(EADDRNOTAVAIL, "getaddrinfo", "gave no address");
  }
  if (all_errors) {
    throw exception_group("create_connection failed", errors);
  }
  const std::string first = text_of(errors.front());
  if (std::all_of(errors.begin(), errors.end(),
                  [&](const std::exception_ptr& each) { return text_of(each) == first; })) {
    std::rethrow_exception(errors.front());
  }
  std::string text = "Multiple exceptions: ";
  for (const std::exception_ptr& each : errors) {
    text.append(&each == &errors.front() ? "" : ", ").append(text_of(each));
  }
  try {
    std::rethrow_exception(errors.front());
  } catch (const io::error& caught) {
    throw error(caught.number(), text);
  }
}

}  // namespace

task<std::vector<address>> addresses_of(std::string host, std::uint16_t port, int family) {
  std::vector<address> found;
  if (const auto number = address_from_number(host, port)) {
    found.push_back(*number);
  } else {
    found = co_await resolve(host, std::to_string(port));
  }
  std::erase_if(found, [&](const address& each) { return !is_of_family(each, family); });
  co_return found;
}

task<jackdaw::io::socket> connected_socket(std::string host, std::uint16_t port,
                                           connection_options options) {
  const std::vector<address> peers = co_await addresses_of(std::move(host), port, options.family);
  std::vector<std::exception_ptr> errors;
  for (const address& peer : peers) {
    try {
      jackdaw::io::socket made = co_await connect_to(peer, options.local_addr);
      co_return made;
    } catch (const io::error&) {
      errors.push_back(std::current_exception());
    }
  }
  throw_errors(errors, options.all_errors);
}

task<jackdaw::io::socket> connected_unix_socket(std::string path) {
  jackdaw::io::socket made = jackdaw::io::socket::open(AF_UNIX, SOCK_STREAM);
  const socket_name peer(std::move(path));
  co_await sock_connect(made, peer);
  co_return made;
}

std::shared_ptr<transport> begin_transport_on(event_loop& loop, jackdaw::io::socket connected,
                                              std::shared_ptr<base_protocol> speaker,
                                              const ssl_setup& secure, future<void> waiter,
                                              std::shared_ptr<transport_counter> counter) {
  if (!secure.context) {
    return socket_transport::begin_on(loop, std::move(connected), std::move(speaker),
                                      std::move(waiter), std::move(counter));
  }
  ssl_layer layer =
      secure.context.maker().make(loop, std::move(speaker), secure, std::move(waiter));
  socket_transport::begin_on(loop, std::move(connected), std::move(layer.below), std::nullopt,
                             std::move(counter));
  return std::move(layer.above);
}

task<std::shared_ptr<transport>> begin_transport(jackdaw::io::socket connected,
                                                 std::shared_ptr<base_protocol> speaker,
                                                 ssl_setup secure) {
  if (connected.option(SOL_SOCKET, SO_TYPE) != SOCK_STREAM) {
    throw std::invalid_argument("A Stream Socket was expected");
  }
  make_non_blocking(connected);
  event_loop& loop = get_running_loop();
  const future<void> waiter(loop);
  const auto begun =
      begin_transport_on(loop, std::move(connected), std::move(speaker), secure, waiter);
  try {
    co_await waiter;
  } catch (...) {
    begun->close();
    throw;
  }
  co_return begun;
}

task<std::shared_ptr<transport>> start_tls(std::shared_ptr<transport> over,
                                           std::shared_ptr<base_protocol> speaker, ssl_context ssl,
                                           start_tls_options options) {
  auto secured =
      co_await begin_tls(std::move(over), std::move(speaker), ssl_setup(std::move(ssl), options));
  co_return secured;
}

task<std::shared_ptr<transport>> begin_tls(std::shared_ptr<transport> over,
                                           std::shared_ptr<base_protocol> speaker,
                                           ssl_setup setup) {
  if (!setup.context) {
    throw std::invalid_argument("start_tls() needs a context");
  }
  if (dynamic_cast<connection_transport*>(over.get()) == nullptr) {
    throw std::invalid_argument("this transport is not supported by start_tls()");
  }
  if (over->is_closing()) {
    throw error(ENOTCONN, "start_tls");
  }
  event_loop& loop = get_running_loop();
  const future<void> waiter(loop);
  setup.tells_connection_made = false;
  const ssl_layer layer = setup.context.maker().make(loop, std::move(speaker), setup, waiter);
  // Until it knows its connection nothing may arrive.
  over->pause_reading();
  over->set_protocol(layer.below);
  const auto made = loop.call_soon([layer, over] { layer.below->connection_made(over); });
  const auto goes_on = loop.call_soon([over] { over->resume_reading(); });
  try {
    co_await waiter;
  } catch (...) {
    over->close();
    made.cancel();
    goes_on.cancel();
    throw;
  }
  co_return layer.above;
}

}  // namespace jackdaw::io::asyncio
