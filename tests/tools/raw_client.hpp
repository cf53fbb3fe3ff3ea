// A client that sends exactly the bytes it is told to, and never waits without a limit.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace jackdaw::test {

using namespace std::chrono_literals;

struct http_reply {
  unsigned status = 0;  // 0: the connection ended, or time was up, before a whole reply was there.
  std::string head;
  std::string body;

  [[nodiscard]] bool has(std::string_view line) const {
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
  }
};

class raw_client {
 public:
  /// `from`: the address that it has itself, one of this machine; 0: as the kernel chooses.
  explicit raw_client(std::uint16_t port, std::uint32_t from = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(from);
    if (from != 0 &&
        bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return;
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  raw_client(raw_client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        received_(std::move(other.received_)) {}
  raw_client& operator=(raw_client&&) = delete;
  ~raw_client() {
    if (socket_ >= 0) {
      close(socket_);
    }
  }

  [[nodiscard]] bool connected() const noexcept { return connected_; }

  /// False if the other side has gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  void end_sending() const { shutdown(socket_, SHUT_WR); }

  /// Closes so that the other side sees a reset.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(std::exchange(socket_, -1));
  }

  /// The next reply; `to_head`: it has no body, whatever its length says.
  http_reply read_reply(std::chrono::milliseconds limit = 10s, bool to_head = false) {
    http_reply reply;
    std::size_t head_end = 0;
    while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive(limit)) {
        return reply;
      }
    }
    const std::string head = received_.substr(0, head_end + 4);
    received_.erase(0, head.size());
    const std::size_t length_at = head.find("Content-Length: ");
    std::size_t length = 0;
    if (length_at != std::string::npos && !to_head) {
      length = std::strtoul(head.c_str() + length_at + 16, nullptr, 10);
    }
    while (received_.size() < length) {
      if (!receive(limit)) {
        return reply;
      }
    }
    reply.head = head;
    reply.body = received_.substr(0, length);
    received_.erase(0, length);
    reply.status = static_cast<unsigned>(std::strtoul(head.c_str() + 9, nullptr, 10));
    return reply;
  }

  http_reply ask(std::string_view bytes, std::chrono::milliseconds limit = 10s) {
    send(bytes);
    return read_reply(limit);
  }

  /// True once there is something to read, or the end.
  [[nodiscard]] bool wait_readable(std::chrono::milliseconds limit) const {
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    return poll(&readable, 1, static_cast<int>(limit.count())) == 1;
  }

  /// True if the other side ends the connection within the limit, having sent nothing more.
  bool ends_within(std::chrono::milliseconds limit) { return !receive(limit) && ended_; }

 private:
  bool receive(std::chrono::milliseconds limit) {
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, static_cast<int>(limit.count())) != 1) {
      return false;
    }
    char bytes[16 * 1024];
    const ssize_t size = recv(socket_, bytes, sizeof bytes, 0);
    ended_ = size <= 0;
    if (size > 0) {
      received_.append(bytes, static_cast<std::size_t>(size));
    }
    return size > 0;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

}  // namespace jackdaw::test
