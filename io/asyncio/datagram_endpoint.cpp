// Sending and receiving datagrams.
#include <jackdaw/io/asyncio/datagram_endpoint.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <vector>

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

// A pair of addresses that a socket may have.
struct candidate {
  explicit candidate(int of) : family(of) {}

  int family;
  std::optional<socket_name> local = {};
  std::optional<socket_name> remote = {};
};

bool is_path(const std::optional<endpoint_name>& name) noexcept {
  return name && name->known() != nullptr && !name->known()->is_internet();
}

candidate local_candidate(const datagram_options& options) {
  candidate only(AF_UNIX);
  for (const auto& [from, into] : {std::pair(&options.local_addr, &only.local),
                                   std::pair(&options.remote_addr, &only.remote)}) {
    if (*from) {
      if (!is_path(*from)) {
        throw std::invalid_argument("can not get address information");
      }
      *into = *(*from)->known();
    }
  }
  return only;
}

// As in asyncio, the last address of a family counts.
void add_addresses(std::vector<candidate>& all, const std::vector<address>& found,
                   std::optional<socket_name> candidate::* which) {
  for (const address& each : found) {
    auto same = std::find_if(all.begin(), all.end(),
                             [&](const candidate& other) { return other.family == each.family(); });
    if (same == all.end()) {
      same = all.insert(all.end(), candidate(each.family()));
    }
    (*same).*which = socket_name(each);
  }
}

task<std::vector<candidate>> candidates_for(const datagram_options& options) {
  std::vector<candidate> all;
  if (is_path(options.local_addr) || is_path(options.remote_addr)) {
    all.push_back(local_candidate(options));
    co_return all;
  }
  if (!options.local_addr && !options.remote_addr) {
    if (options.family == AF_UNSPEC) {
      throw std::invalid_argument("unexpected address family");
    }
    all.emplace_back(options.family);
    co_return all;
  }
  if (options.local_addr) {
    const auto found = co_await options.local_addr->addresses(options.family);
    add_addresses(all, found, &candidate::local);
  }
  if (options.remote_addr) {
    const auto found = co_await options.remote_addr->addresses(options.family);
    add_addresses(all, found, &candidate::remote);
  }
  std::erase_if(all, [&](const candidate& each) {
    return (options.local_addr && !each.local) || (options.remote_addr && !each.remote);
  });
  if (all.empty()) {
    throw std::invalid_argument("can not get address information");
  }
  co_return all;
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

task<datagram_ends> open_candidate(candidate wanted, const datagram_options& options) {
  datagram_ends ends;
  ends.bound = jackdaw::io::socket::open(wanted.family, SOCK_DGRAM);
  if (options.reuse_port) {
    ends.bound.set_option(SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (options.allow_broadcast) {
    ends.bound.set_option(SOL_SOCKET, SO_BROADCAST, 1);
  }
  if (wanted.local) {
    remove_stale_socket(*wanted.local);
    const raw_socket_name local(*wanted.local);
    if (::bind(ends.bound.native_handle(), local.raw(), local.length) != 0) {
      throw error(errno, "bind", wanted.local->to_string());
    }
  }
  if (wanted.remote && !options.allow_broadcast) {
    co_await sock_connect(ends.bound, *wanted.remote);
  }
  ends.peer = std::move(wanted.remote);
  co_return ends;
}

}  // namespace

task<datagram_ends> datagram_socket(datagram_options options) {
  const std::vector<candidate> all = co_await candidates_for(options);
  std::exception_ptr first;
  for (const candidate& each : all) {
    try {
      datagram_ends ends = co_await open_candidate(each, options);
      co_return ends;
    } catch (const error&) {
      first = first != nullptr ? first : std::current_exception();
    }
  }
  std::rethrow_exception(first);
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
