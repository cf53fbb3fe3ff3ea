// Sending and receiving datagrams.
#include <jackdaw/io/asyncio/datagram_endpoint.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace jackdaw::io::asyncio {
namespace {

// What a datagram counts for in the buffer beside its bytes.
constexpr std::size_t header_bytes = 8;

bool is_transient(int number) noexcept {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

}  // namespace

std::shared_ptr<datagram_socket_transport> datagram_socket_transport::begin_on(
    event_loop& loop, jackdaw::io::socket bound, std::shared_ptr<base_protocol> told,
    std::optional<socket_name> peer, std::optional<future<void>> waiter) {
  auto made = std::make_shared<datagram_socket_transport>(loop, std::move(bound), std::move(peer));
  made->set_protocol(std::move(told));
  const auto tell = [made, keep = made->get_protocol(), first = made->told_] {
    first->connection_made(made);
  };
  made->begin(tell, std::move(waiter));
  return made;
}

datagram_socket_transport::datagram_socket_transport(event_loop& loop, jackdaw::io::socket bound,
                                                     std::optional<socket_name> peer)
    : selector_transport(loop, std::move(bound), nullptr), peer_(std::move(peer)) {}

void datagram_socket_transport::set_protocol(std::shared_ptr<base_protocol> next) {
  auto* const told = dynamic_cast<datagram_protocol*>(next.get());
  if (told == nullptr) {
    throw std::invalid_argument("an endpoint needs a datagram_protocol");
  }
  told_ = told;
  selector_transport::set_protocol(std::move(next));
}

void datagram_socket_transport::drop_buffer() noexcept {
  buffer_.clear();
  buffered_bytes_ = 0;
}

void datagram_socket_transport::tell_error(int number, const char* call) {
  const auto keep = get_protocol();
  told_->error_received(std::make_exception_ptr(error(number, call)));
}

void datagram_socket_transport::read_ready() {
  if (is_lost()) {
    return;
  }
  const std::span<std::byte> scratch = selects().scratch();
  raw_socket_name from;
  const ssize_t count = ::recvfrom(descriptor(), scratch.data(), scratch.size(), MSG_DONTWAIT,
                                   from.raw(), &from.length);
  if (count >= 0) {
    const auto keep = get_protocol();
    told_->datagram_received(
        {reinterpret_cast<const char*>(scratch.data()), static_cast<std::size_t>(count)},
        from.name());
  } else if (const int number = errno; !is_transient(number)) {
    tell_error(number, "recvfrom");
  }
}

int datagram_socket_transport::send_now(std::string_view data,
                                        const std::optional<socket_name>& to) const {
  // A connected socket knows its peer; the kernel refuses to be told again of a local one.
  const bool connected = get_extra_info().peername.has_value();
  if (!connected && !to) {
    return EDESTADDRREQ;
  }
  const raw_socket_name receiver = connected ? raw_socket_name() : raw_socket_name(*to);
  const ssize_t count =
      ::sendto(descriptor(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               connected ? nullptr : receiver.raw(), connected ? 0 : receiver.length);
  return count < 0 ? errno : 0;
}

void datagram_socket_transport::sendto(std::string_view data,
                                       const std::optional<socket_name>& to) {
  if (peer_ && to && *to != *peer_) {
    throw std::invalid_argument("Invalid address: must be None or " + peer_->to_string());
  }
  const std::optional<socket_name>& receiver = peer_ ? peer_ : to;
  // Without a peer CPython runs into the closed socket here; it is dropped all the same.
  if (drop_write_after_loss()) {
    return;
  }
  if (buffer_.empty()) {
    const int number = send_now(data, receiver);
    if (number == 0) {
      return;
    }
    if (!is_transient(number)) {
      tell_error(number, "sendto");
      return;
    }
    begin_to_write();
  }
  buffer_.push_back({std::string(data), receiver});
  buffered_bytes_ += data.size() + header_bytes;
  maybe_pause_protocol();
}

void datagram_socket_transport::write_ready() {
  while (!buffer_.empty() && !is_lost()) {
    const datagram& next = buffer_.front();
    const int number = send_now(next.data, next.to);
    if (is_transient(number)) {
      break;
    }
    buffered_bytes_ -= next.data.size() + header_bytes;
    buffer_.pop_front();
    if (number != 0) {
      tell_error(number, "sendto");
      return;
    }
  }
  if (is_lost()) {
    return;
  }
  maybe_resume_protocol();  // Which may send, close or abort.
  if (buffer_.empty() && descriptor() >= 0) {
    stop_writing();
    if (is_closing()) {
      call_connection_lost(nullptr);
    }
  }
}

namespace {

int family_of(const socket_name& name) noexcept {
  return name.is_internet() ? name.address().family() : AF_UNIX;
}

int family_of(const datagram_options& options) {
  if (options.local_addr && options.remote_addr &&
      family_of(*options.local_addr) != family_of(*options.remote_addr)) {
    throw std::invalid_argument("can not get address information");
  }
  if (options.local_addr || options.remote_addr) {
    return family_of(options.local_addr ? *options.local_addr : *options.remote_addr);
  }
  if (options.family == AF_UNSPEC) {
    throw std::invalid_argument("unexpected address family");
  }
  return options.family;
}

void remove_stale_socket(const socket_name& name) noexcept {
  if (name.is_internet() || name.path().empty() || name.path().front() == '\0') {
    return;
  }
  struct stat found{};
  if (::stat(name.path().c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) {
    ::unlink(name.path().c_str());
  }
}

}  // namespace

task<jackdaw::io::socket> datagram_socket(datagram_options options) {
  jackdaw::io::socket made = jackdaw::io::socket::open(family_of(options), SOCK_DGRAM);
  if (options.reuse_port) {
    made.set_option(SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (options.allow_broadcast) {
    made.set_option(SOL_SOCKET, SO_BROADCAST, 1);
  }
  if (options.local_addr) {
    remove_stale_socket(*options.local_addr);
    const raw_socket_name local(*options.local_addr);
    if (::bind(made.native_handle(), local.raw(), local.length) != 0) {
      throw error(errno, "bind", options.local_addr->to_string());
    }
  }
  if (options.remote_addr && !options.allow_broadcast) {
    co_await sock_connect(made, *options.remote_addr);
  }
  co_return made;
}

task<std::shared_ptr<datagram_transport>> begin_datagram_transport(
    jackdaw::io::socket bound, std::shared_ptr<base_protocol> told,
    std::optional<socket_name> peer) {
  if (bound.option(SOL_SOCKET, SO_TYPE) == SOCK_STREAM) {
    throw std::invalid_argument("A datagram socket was expected");
  }
  make_non_blocking(bound);
  event_loop& loop = get_running_loop();
  const future<void> waiter(loop);
  const auto begun = datagram_socket_transport::begin_on(loop, std::move(bound), std::move(told),
                                                         std::move(peer), waiter);
  try {
    co_await waiter;
  } catch (...) {
    begun->close();
    throw;
  }
  co_return begun;
}

}  // namespace jackdaw::io::asyncio
