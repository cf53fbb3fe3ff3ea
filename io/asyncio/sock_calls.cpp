// Trying, waiting, trying again.
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/future.hpp>

#include <fcntl.h>

#include <cerrno>

namespace jackdaw::io::asyncio {
namespace {

enum class direction : bool { reads, writes };

// Registered for as long as it exists, or until it was called.
class ready_wait final : public ready_callback {
 public:
  ready_wait(event_loop& loop, int descriptor, direction which)
      : ready_callback(&ready_wait::ready),
        selects_(&selector::of(loop)),
        descriptor_(descriptor),
        which_(which),
        arrived_(loop) {
    if (which_ == direction::reads) {
      selects_->add_reader(descriptor_, *this);
    } else {
      selects_->add_writer(descriptor_, *this);
    }
  }
  ~ready_wait() { remove(); }
  ready_wait(const ready_wait&) = delete;
  ready_wait& operator=(const ready_wait&) = delete;

  [[nodiscard]] const future<void>& arrived() const noexcept { return arrived_; }

 private:
  static void ready(ready_callback& self) {
    auto& own = static_cast<ready_wait&>(self);
    own.remove();
    if (!own.arrived_.done()) {
      own.arrived_.set_result();
    }
  }

  void remove() noexcept {
    if (which_ == direction::reads) {
      selects_->remove_reader(descriptor_, this);
    } else {
      selects_->remove_writer(descriptor_, this);
    }
  }

  selector* selects_;
  int descriptor_;
  direction which_;
  future<void> arrived_;
};

task<void> wait_until_ready(int descriptor, direction which) {
  const ready_wait waiting(get_running_loop(), descriptor, which);
  co_await waiting.arrived();
}

bool must_wait(ssize_t returned) noexcept {
  return returned < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

std::size_t count_or_throw(ssize_t returned, const char* call) {
  if (returned < 0) {
    throw error(errno, call);
  }
  return static_cast<std::size_t>(returned);
}

}  // namespace

task<void> wait_until_writable(int descriptor) {
  co_await wait_until_ready(descriptor, direction::writes);
}

void make_non_blocking(jackdaw::io::socket& made) {
  const int flags = fcntl(made.native_handle(), F_GETFL);
  if (flags < 0 || fcntl(made.native_handle(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw error(errno, "fcntl");
  }
}

task<std::size_t> sock_recv_into(jackdaw::io::socket& from, std::span<std::byte> into) {
  const int descriptor = from.native_handle();
  ssize_t count = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
  while (must_wait(count)) {
    co_await wait_until_ready(descriptor, direction::reads);
    count = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
  }
  co_return count_or_throw(count, "recv");
}

task<std::string> sock_recv(jackdaw::io::socket& from, std::size_t count_max) {
  std::string data(count_max, '\0');
  const auto room = std::as_writable_bytes(std::span(data.data(), data.size()));
  const std::size_t count = co_await sock_recv_into(from, room);
  data.resize(count);
  co_return data;
}

task<std::pair<std::size_t, socket_name>> sock_recvfrom_into(jackdaw::io::socket& from,
                                                             std::span<std::byte> into) {
  const int descriptor = from.native_handle();
  raw_socket_name sender;
  const auto receive = [&] {
    sender = raw_socket_name();
    return ::recvfrom(descriptor, into.data(), into.size(), MSG_DONTWAIT, sender.raw(),
                      &sender.length);
  };
  ssize_t count = receive();
  while (must_wait(count)) {
    co_await wait_until_ready(descriptor, direction::reads);
    count = receive();
  }
  const std::size_t received = count_or_throw(count, "recvfrom");
  co_return std::make_pair(received, sender.name());
}

task<std::pair<std::string, socket_name>> sock_recvfrom(jackdaw::io::socket& from,
                                                        std::size_t count_max) {
  std::string data(count_max, '\0');
  const auto room = std::as_writable_bytes(std::span(data.data(), data.size()));
  auto [count, sender] = co_await sock_recvfrom_into(from, room);
  data.resize(count);
  co_return std::make_pair(std::move(data), std::move(sender));
}

task<void> sock_sendall(jackdaw::io::socket& to, std::string_view data) {
  const int descriptor = to.native_handle();
  while (true) {
    const ssize_t count = ::send(descriptor, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    const bool waits = must_wait(count);
    data.remove_prefix(waits ? 0 : count_or_throw(count, "send"));
    if (data.empty()) {
      co_return;
    }
    co_await wait_until_ready(descriptor, direction::writes);
  }
}

task<std::size_t> sock_sendto(jackdaw::io::socket& from, std::string_view data, socket_name to) {
  const int descriptor = from.native_handle();
  const raw_socket_name receiver(to);
  const auto send = [&] {
    return ::sendto(descriptor, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    receiver.raw(), receiver.length);
  };
  ssize_t count = send();
  while (must_wait(count)) {
    co_await wait_until_ready(descriptor, direction::writes);
    count = send();
  }
  co_return count_or_throw(count, "sendto");
}

task<void> sock_connect(jackdaw::io::socket& connecting, socket_name peer) {
  const int descriptor = connecting.native_handle();
  const raw_socket_name raw(peer);
  if (::connect(descriptor, raw.raw(), raw.length) == 0) {
    co_return;
  }
  if (errno != EINPROGRESS && errno != EINTR && errno != EAGAIN) {
    throw error(errno, "connect to", peer.to_string());
  }
  co_await wait_until_ready(descriptor, direction::writes);
  int failure = 0;
  socklen_t length = sizeof(failure);
  const bool asked = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) == 0;
  if (!asked || failure != 0) {
    throw error(asked ? failure : errno, "connect to", peer.to_string());
  }
}

task<std::pair<jackdaw::io::socket, socket_name>> sock_accept(jackdaw::io::socket& listening) {
  const int descriptor = listening.native_handle();
  raw_socket_name peer;
  const auto accept = [&] {
    peer = raw_socket_name();
    return ::accept4(descriptor, peer.raw(), &peer.length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  };
  int accepted = accept();
  while (must_wait(accepted)) {
    co_await wait_until_ready(descriptor, direction::reads);
    accepted = accept();
  }
  if (accepted < 0) {
    throw error(errno, "accept");
  }
  co_return std::make_pair(jackdaw::io::socket(file_descriptor(accepted)), peer.name());
}

}  // namespace jackdaw::io::asyncio
