// Connecting, beginning.
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>
#include <jackdaw/io/asyncio/staggered_race.hpp>
#include <jackdaw/runtime/exception_group.hpp>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>

namespace jackdaw::io::asyncio {
namespace {

// One attempt. Shared, since one that has lost a race may end after it.
struct connect_plan {
  address peer;
  std::shared_ptr<const std::optional<std::vector<address>>> locals;
  /// Of binding, and what ended it.
  std::shared_ptr<std::vector<std::exception_ptr>> errors;
};

void bind_to_one_of(jackdaw::io::socket& made, int family, const std::vector<address>& locals,
                    std::vector<std::exception_ptr>& errors) {
  for (const address& local : locals) {
    if (local.family() != family) {
      continue;
    }
    if (::bind(made.native_handle(), local.raw(), local.length()) == 0) {
      return;
    }
    const int number = errno;
    errors.push_back(std::make_exception_ptr(error(number, "bind", local.to_string())));
  }
  if (errors.empty()) {
    throw error(EAFNOSUPPORT, "bind", "as no local address is of the peer's family");
  }
  const std::exception_ptr last = errors.back();
  errors.pop_back();
  std::rethrow_exception(last);
}

task<jackdaw::io::socket> connect_as(connect_plan plan) {
  try {
    jackdaw::io::socket made = jackdaw::io::socket::open(plan.peer.family(), SOCK_STREAM);
    if (*plan.locals) {
      bind_to_one_of(made, plan.peer.family(), **plan.locals, *plan.errors);
    }
    co_await sock_connect(made, plan.peer);
    co_return made;
  } catch (const io::error&) {
    plan.errors->push_back(std::current_exception());
    throw;
  }
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

void rethrow_what_is_no_error_of_the_network(const std::vector<std::exception_ptr>& errors) {
  for (const std::exception_ptr& each : errors) {
    if (each != nullptr && !is_error<io::error>(each)) {
      std::rethrow_exception(each);
    }
  }
}

// One after another, or the next ones when the first take long.
task<std::optional<jackdaw::io::socket>> first_connected(std::vector<connect_plan> plans,
                                                         std::optional<duration> delay) {
  if (delay) {
    auto racing = staggered_race(std::move(plans), &connect_as, delay);
    auto outcome = co_await std::move(racing);
    if (!outcome.winner) {
      rethrow_what_is_no_error_of_the_network(outcome.exceptions);
    }
    co_return std::move(outcome.winner);
  }
  for (const connect_plan& plan : plans) {
    try {
      jackdaw::io::socket made = co_await connect_as(plan);
      co_return std::optional<jackdaw::io::socket>(std::move(made));
    } catch (const io::error&) {  // It is among the errors.
    }
  }
  co_return std::nullopt;
}

}  // namespace

task<jackdaw::io::socket> connected_socket(std::string host, std::uint16_t port,
                                           connection_options options) {
  std::vector<address> peers = co_await addresses_of(std::move(host), port, options.family);
  auto made = co_await connected_to(std::move(peers), std::move(options));
  co_return made;
}

task<jackdaw::io::socket> connected_to(std::vector<address> peers, connection_options options) {
  std::optional<std::vector<address>> local_addresses;
  if (options.local_addr) {
    local_addresses = co_await options.local_addr->addresses(options.family);
  }
  const std::size_t first =
      options.interleave.value_or(options.happy_eyeballs_delay.has_value() ? 1 : 0);
  if (first > 0) {
    peers = interleaved(peers, first);
  }
  const auto locals =
      std::make_shared<const std::optional<std::vector<address>>>(std::move(local_addresses));
  std::vector<connect_plan> plans;
  for (const address& peer : peers) {
    plans.push_back({peer, locals, std::make_shared<std::vector<std::exception_ptr>>()});
  }
  auto connecting = first_connected(plans, options.happy_eyeballs_delay);
  auto made = co_await std::move(connecting);
  if (!made) {
    std::vector<std::exception_ptr> all;
    for (const connect_plan& each : plans) {
      all.insert(all.end(), each.errors->begin(), each.errors->end());
    }
    throw_errors(all, options.all_errors);
  }
  co_return std::move(*made);
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

void require_ready_for_tls(const transport* over, const ssl_setup& setup) {
  if (!setup.context) {
    throw std::invalid_argument("start_tls() needs a context");
  }
  if (dynamic_cast<const connection_transport*>(over) == nullptr) {
    throw std::invalid_argument("this transport is not supported by start_tls()");
  }
  if (over->is_closing()) {
    throw error(ENOTCONN, "start_tls");
  }
}

task<std::shared_ptr<transport>> begin_tls(std::shared_ptr<transport> over,
                                           std::shared_ptr<base_protocol> speaker,
                                           ssl_setup setup) {
  require_ready_for_tls(over.get(), setup);
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
