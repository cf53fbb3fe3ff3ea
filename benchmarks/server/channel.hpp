// A connection of the client: TCP or UDP, or TLS 1.3 over TCP.
#pragma once

#include "usage.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::benchmarks {

struct free_tls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};
using tls_settings = std::unique_ptr<SSL_CTX, free_tls>;

/// One cipher and one group, so that all servers do the same work. The certificate is the benchmark's own: whether
/// it is trusted costs the client, which is not measured.
inline tls_settings one_way_to_agree() {
  tls_settings made(SSL_CTX_new(TLS_client_method()));
  int group = NID_X25519;
  if (made == nullptr || SSL_CTX_set_min_proto_version(made.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(made.get(), "TLS_AES_128_GCM_SHA256") != 1 ||
      SSL_CTX_set1_groups(made.get(), &group, 1) != 1) {
    fail("TLS");
  }
  return made;
}

class channel {
 public:
  /// Connects; with `tls` it agrees on keys too. The index chooses one of the loopback's addresses.
  channel(std::uint16_t port, std::size_t index, int kind, SSL_CTX* tls)
      : descriptor_(socket(AF_INET, kind | SOCK_CLOEXEC, 0)) {
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    // One of them has too few ports for very many connections.
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index / 20000));
    if (descriptor_ < 0 ||
        connect(descriptor_, reinterpret_cast<sockaddr*>(&server), sizeof(server)) != 0) {
      fail("connect");
    }
    const int on = 1;
    if (kind == SOCK_STREAM) {
      setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (tls != nullptr) {
      tls_.reset(SSL_new(tls));
      if (tls_ == nullptr || SSL_set_fd(tls_.get(), descriptor_) != 1 ||
          SSL_connect(tls_.get()) != 1) {
        fail("TLS handshake");
      }
    }
  }
  channel(channel&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::move(other.tls_)) {}
  channel& operator=(channel&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(tls_, other.tls_);
    return *this;
  }
  ~channel() {
    if (tls_ != nullptr) {
      SSL_shutdown(tls_.get());
    }
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  void send_all(const std::string& message) {
    const auto sent = tls_ != nullptr
                          ? SSL_write(tls_.get(), message.data(), static_cast<int>(message.size()))
                          : send(descriptor_, message.data(), message.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(message.size())) {
      fail("send");
    }
  }

  /// What has come, one record of TLS at a time: nothing is left that epoll knows nothing of. Waits for it.
  [[nodiscard]] std::size_t receive(std::span<char> into) {
    const auto count = tls_ != nullptr
                           ? SSL_read(tls_.get(), into.data(), static_cast<int>(into.size()))
                           : recv(descriptor_, into.data(), into.size(), 0);
    if (count <= 0) {
      fail("recv");
    }
    return static_cast<std::size_t>(count);
  }

  /// Throws away up to so much of what has come. What is large is not looked at where that can be helped: the
  /// client would cost more than the server.
  [[nodiscard]] std::size_t discard(std::size_t bytes, std::span<char> scratch) {
    if (tls_ != nullptr || bytes <= scratch.size()) {
      return receive(scratch);
    }
    const ssize_t count = recv(descriptor_, nullptr, std::size_t{4} << 20, MSG_TRUNC);
    if (count <= 0) {
      fail("recv");
    }
    return static_cast<std::size_t>(count);
  }

 private:
  int descriptor_;
  std::unique_ptr<SSL, free_tls> tls_;
};

}  // namespace jackdaw::benchmarks
