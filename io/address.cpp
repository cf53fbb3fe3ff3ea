// Addresses as text and back.
#include <jackdaw/io/address.hpp>

#include <arpa/inet.h>
#include <net/if.h>

#include <charconv>
#include <cstring>
#include <stdexcept>

namespace jackdaw::io {
namespace {

[[noreturn]] void reject(std::string_view text, const char* reason) {
  // what() is a C string: it would end there.
  const std::string shown(text.substr(0, text.find('\0')));
  throw std::invalid_argument("address \"" + shown + "\": " + reason +
                              "; expected HOST:PORT as in 127.0.0.1:8080 or [::1]:8080");
}

std::uint16_t parse_port(std::string_view text, std::string_view whole) {
  std::uint16_t port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || status != std::errc() || end != text.data() + text.size()) {
    reject(whole, "the port is not a number from 0 to 65535");
  }
  return port;
}

// What follows the "%": a number, or the name of an interface of this machine.
std::uint32_t parse_scope(const std::string& text, std::string_view whole) {
  std::uint32_t scope = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), scope);
  const bool is_number = !text.empty() && status == std::errc() && end == text.data() + text.size();
  if (!is_number) {
    scope = if_nametoindex(text.c_str());
  }
  if (scope == 0) {
    reject(whole, "its scope is neither a number nor an interface");
  }
  return scope;
}

}  // namespace

address::address() noexcept {
  std::memset(&storage_, 0, sizeof(storage_));
  storage_.v4.sin_family = AF_INET;
}

address::address(const sockaddr* raw, socklen_t length) : address() {
  const bool is_v4 = raw->sa_family == AF_INET && length >= sizeof(sockaddr_in);
  const bool is_v6 = raw->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6);
  if (!is_v4 && !is_v6) {
    throw std::invalid_argument("address: neither IPv4 nor IPv6");
  }
  std::memcpy(&storage_, raw, is_v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
}

address address::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    reject(text, "there is no port");
  }
  std::string host(text.substr(0, colon));
  if (host.find('\0') != std::string::npos) {
    reject(text, "it contains a NUL");
  }
  const std::uint16_t port = parse_port(text.substr(colon + 1), text);
  address parsed;
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    parsed.storage_.v6.sin6_family = AF_INET6;
    if (const auto percent = host.find('%'); percent != std::string::npos) {
      parsed.storage_.v6.sin6_scope_id = parse_scope(host.substr(percent + 1), text);
      host.resize(percent);
    }
    if (inet_pton(AF_INET6, host.c_str(), &parsed.storage_.v6.sin6_addr) != 1) {
      reject(text, "the host is not an IPv6 address");
    }
    parsed.storage_.v6.sin6_port = htons(port);
    return parsed;
  }
  if (inet_pton(AF_INET, host.c_str(), &parsed.storage_.v4.sin_addr) != 1) {
    reject(text, "the host is not an IPv4 address (IPv6 goes in brackets; names need resolve())");
  }
  parsed.storage_.v4.sin_port = htons(port);
  return parsed;
}

address address::loopback(std::uint16_t port) noexcept {
  address result = any(port);
  result.storage_.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result;
}

address address::any(std::uint16_t port) noexcept {
  address result;
  result.storage_.v4.sin_port = htons(port);
  return result;
}

std::string address::host() const {
  char text[INET6_ADDRSTRLEN] = {};
  const void* const bytes = is_ipv6() ? static_cast<const void*>(&storage_.v6.sin6_addr)
                                      : static_cast<const void*>(&storage_.v4.sin_addr);
  inet_ntop(family(), bytes, text, sizeof(text));
  const bool scoped = is_ipv6() && storage_.v6.sin6_scope_id != 0;
  return scoped ? std::string(text) + "%" + std::to_string(storage_.v6.sin6_scope_id) : text;
}

std::string address::to_string() const {
  const std::string text = is_ipv6() ? "[" + host() + "]" : host();
  return text + ":" + std::to_string(port());
}

std::uint16_t address::port() const noexcept {
  return ntohs(is_ipv6() ? storage_.v6.sin6_port : storage_.v4.sin_port);
}

bool operator==(const address& a, const address& b) noexcept {
  if (a.family() != b.family() || a.port() != b.port()) {
    return false;
  }
  if (!a.is_ipv6()) {
    return a.storage_.v4.sin_addr.s_addr == b.storage_.v4.sin_addr.s_addr;
  }
  // The same link-local address on another link is another host.
  const sockaddr_in6& left = a.storage_.v6;
  const sockaddr_in6& right = b.storage_.v6;
  return left.sin6_scope_id == right.sin6_scope_id &&
         std::memcmp(&left.sin6_addr, &right.sin6_addr, sizeof(in6_addr)) == 0;
}

}  // namespace jackdaw::io
