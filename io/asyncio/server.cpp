// Listening, accepting, waiting for the end.
#include <jackdaw/io/asyncio/server.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

// S239. How long a server that has no descriptors left waits.
constexpr duration accept_retry_delay = std::chrono::seconds(1);

bool is_out_of_resources(int number) noexcept {
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

// 0 if there is none.
std::uint64_t file_at(const std::string& path) noexcept {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

bool is_path(const std::string& name) noexcept { return !name.empty() && name.front() != '\0'; }

ssl_setup setup_of(const server_options& options) {
  ssl_options secure;
  secure.ssl = options.ssl;
  secure.ssl_handshake_timeout = options.ssl_handshake_timeout;
  secure.ssl_shutdown_timeout = options.ssl_shutdown_timeout;
  return ssl_setup::of_server(secure);
}

}  // namespace

server::listener::listener(server& serving, jackdaw::io::socket bound)
    : ready_callback(&listener::ready), owner(&serving), socket(std::move(bound)) {
  const auto name = local_name_of(socket.native_handle());
  if (serving.options_.cleanup_socket && name && !name->is_internet() && is_path(name->path())) {
    path = name->path();
    file = file_at(path);
  }
}

void server::listener::ready(ready_callback& self) {
  auto& own = static_cast<listener&>(self);
  const auto keep = own.owner->shared_from_this();
  own.owner->accept_from(own);
}

void server::listener::forget_path() const noexcept {
  if (file != 0 && file_at(path) == file) {
    ::unlink(path.c_str());
  }
}

server::server(event_loop& loop, std::vector<jackdaw::io::socket> bound, protocol_factory factory,
               const server_options& options)
    : loop_(&loop), factory_(std::move(factory)), options_(options), secure_(setup_of(options)) {
  for (jackdaw::io::socket& each : bound) {
    listeners_.push_back(std::make_unique<listener>(*this, std::move(each)));
  }
}

server::~server() = default;

std::vector<socket_name> server::sockets() const {
  std::vector<socket_name> names;
  for (const auto& each : listeners_) {
    names.push_back(local_name_of(each->socket.native_handle()).value_or(socket_name()));
  }
  return names;
}

void server::listen() {
  if (closed_) {
    throw std::runtime_error("server is closed");
  }
  if (serving_) {
    return;
  }
  serving_ = true;
  kept_ = selector::of(*loop_).keep(shared_from_this());
  try {
    for (const auto& each : listeners_) {
      if (::listen(each->socket.native_handle(), options_.backlog) != 0) {
        throw error(errno, "listen");
      }
      selector::of(*loop_).add_reader(each->socket.native_handle(), *each);
    }
  } catch (...) {
    close();  // Or those that listen already would do so for ever.
    throw;
  }
}

void server::accept_from(listener& listening) {
  const int descriptor = listening.socket.native_handle();
  for (int count = 0; count < options_.backlog; ++count) {
    jackdaw::io::socket connected(
        file_descriptor(::accept4(descriptor, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)));
    if (!connected) {
      const int number = errno;
      if (is_out_of_resources(number)) {
        pause_accepting(listening, number);
      } else if (number != EAGAIN && number != EINTR && number != ECONNABORTED) {
        throw error(number, "accept");
      }
      return;
    }
    loop_->create_task(greet(shared_from_this(), std::move(connected)));
  }
}

// The descriptor would be reported as ready all the time.
void server::pause_accepting(listener& listening, int number) {
  const int descriptor = listening.socket.native_handle();
  loop_->report({"socket.accept() out of system resource",
                 {},
                 std::make_exception_ptr(error(number, "accept"))});
  selector::of(*loop_).remove_reader(descriptor);
  loop_->call_later(accept_retry_delay, [self = shared_from_this(), &listening] {
    if (!self->closed_) {
      selector::of(*self->loop_).add_reader(listening.socket.native_handle(), listening);
    }
  });
}

// What is wrong with one connection ends that one, and is told in debug mode only.
task<void> server::greet(std::shared_ptr<server> self, jackdaw::io::socket connected) {
  event_loop& loop = *self->loop_;
  std::shared_ptr<transport> begun;
  try {
    auto speaker = self->factory_();
    if (self->closed_) {
      co_return;
    }
    const future<void> waiter(loop);
    begun = begin_transport_on(loop, std::move(connected), std::move(speaker), self->secure_,
                               waiter, self);
    co_await waiter;
  } catch (...) {
    const std::exception_ptr error = std::current_exception();
    if (begun != nullptr) {
      begun->close();
    }
    if (is_order_to_end(error)) {
      throw;
    }
    if (loop.get_debug()) {
      loop.report({"Error on transport creation for incoming connection", {}, error});
    }
  }
}

void server::attach(selector_transport& begun) noexcept { clients_.push_back(begun); }

void server::detach(selector_transport& lost) noexcept {
  intrusive_list<selector_transport>::remove(lost);
  wake_if_over();
}

void server::wake_if_over() noexcept {
  if (!closed_ || !clients_.empty()) {
    return;
  }
  const auto waiters = std::exchange(waiters_, std::nullopt);
  if (waiters) {
    for (const future<void>& each : *waiters) {
      if (!each.done()) {
        each.set_result();
      }
    }
  }
}

void server::stop_listening() noexcept {
  for (const auto& each : std::exchange(listeners_, {})) {
    selector::of(*loop_).remove_reader(each->socket.native_handle());
    each->socket.close();
    each->forget_path();
  }
}

void server::close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  serving_ = false;
  const auto self = shared_from_this();
  stop_listening();
  if (const auto kept = std::exchange(kept_, std::nullopt)) {
    selector::of(*loop_).release(*kept);
  }
  if (const auto forever = std::exchange(forever_, std::nullopt)) {
    forever->cancel();
  }
  wake_if_over();
}

// The loop is closed: whoever waits has been destroyed.
void server::abandon() noexcept {
  closed_ = true;
  serving_ = false;
  kept_.reset();
  waiters_.reset();
  forever_.reset();
  for (const auto& each : std::exchange(listeners_, {})) {
    each->socket.close();
  }
}

std::vector<std::shared_ptr<selector_transport>> server::clients() const {
  std::vector<std::shared_ptr<selector_transport>> all;
  for (auto* each = clients_.front(); each != nullptr; each = clients_.next_of(*each)) {
    all.push_back(each->shared_from_this());
  }
  return all;
}

void server::close_clients() {
  for (const auto& each : clients()) {
    each->close();
  }
}

void server::abort_clients() {
  for (const auto& each : clients()) {
    each->abort();
  }
}

task<void> server::start(std::shared_ptr<server> self) {
  self->listen();
  co_await yield();
}

task<void> server::serve(std::shared_ptr<server> self) {
  if (self->forever_) {
    throw std::runtime_error("server is already being awaited on serve_forever()");
  }
  self->listen();
  const future<void> cancelled_only(*self->loop_);
  self->forever_ = cancelled_only;
  std::exception_ptr cancelled;
  try {
    co_await cancelled_only;
  } catch (const cancelled_error&) {
    cancelled = std::current_exception();
  }
  self->forever_.reset();
  self->close();
  co_await self->wait_closed();
  if (cancelled) {
    std::rethrow_exception(cancelled);
  }
}

task<void> server::wait(std::shared_ptr<server> self) {
  if (!self->waiters_) {
    co_return;
  }
  const future<void> over(*self->loop_);
  self->waiters_->push_back(over);
  co_await over;
}

// --- Making servers ----------------------------------------------------------------------------------

namespace {

// An empty host is every interface, of both families where there are both.
task<std::vector<address>> addresses_to_bind(std::string host, std::uint16_t port, int family) {
  if (!host.empty()) {
    std::vector<address> found = co_await addresses_of(std::move(host), port, family);
    co_return found;
  }
  std::vector<address> all;
  if (family != AF_INET6) {
    all.push_back(address::any(port));
  }
  if (family != AF_INET) {
    all.push_back(address::parse("[::]:" + std::to_string(port)));
  }
  co_return all;
}

jackdaw::io::socket bound_to(const address& local, const server_options& options) {
  jackdaw::io::socket made = jackdaw::io::socket::open(local.family(), SOCK_STREAM);
  if (options.reuse_address) {
    made.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  }
  if (options.reuse_port) {
    made.set_option(SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (options.keep_alive) {
    made.set_option(SOL_SOCKET, SO_KEEPALIVE, 1);
  }
  if (local.is_ipv6()) {
    made.set_option(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }
  if (::bind(made.native_handle(), local.raw(), local.length()) != 0) {
    throw error(errno, "bind", local.to_string());
  }
  return made;
}

// A family that this machine does not have is left out, as long as there is another.
std::vector<jackdaw::io::socket> bound_to_all(const std::vector<address>& locals,
                                              const server_options& options) {
  std::vector<jackdaw::io::socket> bound;
  std::exception_ptr refused;
  for (const address& local : locals) {
    try {
      bound.push_back(bound_to(local, options));
    } catch (const error& failed) {
      if (failed.number() != EADDRNOTAVAIL && failed.number() != EAFNOSUPPORT) {
        throw;
      }
      refused = std::current_exception();
    }
  }
  if (bound.empty() && refused) {
    std::rethrow_exception(refused);
  }
  if (bound.empty()) {
    throw error(EADDRNOTAVAIL, "could not bind on any address");
  }
  return bound;
}

task<std::shared_ptr<server>> begin_server(std::vector<jackdaw::io::socket> bound,
                                           protocol_factory factory, server_options options) {
  auto made =
      std::make_shared<server>(get_running_loop(), std::move(bound), std::move(factory), options);
  if (options.start_serving) {
    made->listen();
    co_await yield();
  }
  co_return made;
}

}  // namespace

task<std::shared_ptr<server>> create_server(protocol_factory factory,
                                            std::vector<std::string> hosts, std::uint16_t port,
                                            server_options options) {
  std::vector<task<std::vector<address>>> lookups;
  for (std::string& host : hosts) {
    lookups.push_back(addresses_to_bind(std::move(host), port, options.family));
  }
  // Tasks, also for a single name: the turns they take are asyncio's.
  auto looking_up = gather(std::move(lookups));
  const std::vector<std::vector<address>> found = co_await std::move(looking_up);
  std::vector<address> locals;
  for (const std::vector<address>& each : found) {
    for (const address& local : each) {
      if (std::find(locals.begin(), locals.end(), local) == locals.end()) {
        locals.push_back(local);
      }
    }
  }
  auto bound = bound_to_all(locals, options);
  auto made = co_await begin_server(std::move(bound), std::move(factory), options);
  co_return made;
}

task<std::shared_ptr<server>> create_server(protocol_factory factory, std::string host,
                                            std::uint16_t port, server_options options) {
  std::vector<std::string> hosts;
  hosts.push_back(std::move(host));
  auto made = co_await create_server(std::move(factory), std::move(hosts), port, options);
  co_return made;
}

task<std::shared_ptr<server>> create_server(protocol_factory factory, jackdaw::io::socket bound,
                                            server_options options) {
  if (bound.option(SOL_SOCKET, SO_TYPE) != SOCK_STREAM) {
    throw std::invalid_argument("A Stream Socket was expected");
  }
  make_non_blocking(bound);
  std::vector<jackdaw::io::socket> sockets;
  sockets.push_back(std::move(bound));
  auto made = co_await begin_server(std::move(sockets), std::move(factory), options);
  co_return made;
}

task<std::shared_ptr<server>> create_unix_server(protocol_factory factory, std::string path,
                                                 server_options options) {
  jackdaw::io::socket bound = jackdaw::io::socket::open(AF_UNIX, SOCK_STREAM);
  struct stat found{};
  if (is_path(path) && ::stat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
    ::unlink(path.c_str());
  }
  const raw_socket_name name{socket_name(path)};
  if (::bind(bound.native_handle(), name.raw(), name.length) != 0) {
    throw error(errno, "bind", path);
  }
  auto made = co_await create_server(std::move(factory), std::move(bound), options);
  co_return made;
}

}  // namespace jackdaw::io::asyncio
