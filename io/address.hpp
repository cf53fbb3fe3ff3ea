// Internet addresses: IPv4 and IPv6, with a port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace jackdaw::io {

/// A value; no DNS (see resolve()).
class address {
 public:
  /// 0.0.0.0:0.
  address() noexcept;
  /// From the kernel's form. Throws std::invalid_argument for other families.
  address(const sockaddr* raw, socklen_t length);

  /// "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80" or "[fe80::1%eth0]:80". Throws std::invalid_argument
  /// with the reason.
  static address parse(std::string_view text);
  static address loopback(std::uint16_t port) noexcept;
  static address any(std::uint16_t port) noexcept;

  [[nodiscard]] std::string to_string() const;
  /// Without brackets; a scope as a number, which means the same without looking an interface up.
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] int family() const noexcept { return storage_.base.sa_family; }
  [[nodiscard]] bool is_ipv6() const noexcept { return family() == AF_INET6; }

  [[nodiscard]] const sockaddr* raw() const noexcept { return &storage_.base; }
  [[nodiscard]] sockaddr* raw() noexcept { return &storage_.base; }
  [[nodiscard]] socklen_t length() const noexcept {
    return is_ipv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  }
  static constexpr socklen_t capacity = sizeof(sockaddr_in6);

  friend bool operator==(const address& a, const address& b) noexcept;

 private:
  union storage {
    sockaddr base;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  storage storage_;
};

}  // namespace jackdaw::io
