// The name of a socket: an internet address, the path of a local socket, or nothing.
#pragma once

#include <jackdaw/io/address.hpp>

#include <sys/socket.h>

#include <optional>
#include <string>
#include <variant>

namespace jackdaw::io::asyncio {

/// A value. Source: what Python's getsockname() gives, a tuple or a string.
class socket_name {
 public:
  /// That of a socket without a name: the path "".
  socket_name() = default;
  socket_name(const io::address& internet)  // NOLINT(google-explicit-constructor): it is one.
      : name_(internet) {}
  /// The path of a local socket; one that begins with a zero byte is abstract.
  explicit socket_name(std::string path) : name_(std::move(path)) {}
  /// From the kernel's form. Other families have no name here.
  socket_name(const sockaddr* raw, socklen_t length);

  [[nodiscard]] bool is_internet() const noexcept {
    return std::holds_alternative<io::address>(name_);
  }
  /// Throw std::bad_variant_access if it is the other one.
  [[nodiscard]] const io::address& address() const { return std::get<io::address>(name_); }
  [[nodiscard]] const std::string& path() const { return std::get<std::string>(name_); }
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const socket_name&, const socket_name&) = default;

 private:
  std::variant<std::string, io::address> name_;
};

/// A name in the kernel's form.
class raw_socket_name {
 public:
  raw_socket_name() noexcept = default;
  /// Throws std::invalid_argument if a path is too long for the kernel.
  explicit raw_socket_name(const socket_name& name);

  [[nodiscard]] const sockaddr* raw() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  /// For the kernel to write, together with `length`.
  [[nodiscard]] sockaddr* raw() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] socket_name name() const { return {raw(), length}; }

  socklen_t length = sizeof(sockaddr_storage);

 private:
  sockaddr_storage storage_{};
};

/// getsockname(2) and getpeername(2); nothing if that fails.
[[nodiscard]] std::optional<socket_name> local_name_of(int descriptor);
[[nodiscard]] std::optional<socket_name> peer_name_of(int descriptor);

}  // namespace jackdaw::io::asyncio
