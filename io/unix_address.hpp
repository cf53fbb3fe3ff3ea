// Addresses of Unix domain sockets: a path, a name of the kernel's own, or nothing.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace jackdaw::io {

/// A value. Source: unix(7).
class unix_address {
 public:
  /// Unnamed: what the ends of a pair have, and a client that was not bound.
  unix_address() noexcept;
  /// From the kernel's form. Throws std::invalid_argument for other families.
  unix_address(const sockaddr* raw, socklen_t length);

  /// A file. Throws std::invalid_argument if it is empty, contains a NUL, or is longer than name_max.
  static unix_address path(std::string_view path);
  /// A name that is no file: it ends with its socket, and anybody may take it. Any bytes, at most name_max;
  /// throws std::invalid_argument.
  static unix_address abstract(std::string_view name);
  static constexpr std::size_t name_max = sizeof(sockaddr_un::sun_path) - 1;

  [[nodiscard]] bool is_path() const noexcept;
  [[nodiscard]] bool is_abstract() const noexcept;
  [[nodiscard]] bool is_unnamed() const noexcept;
  /// The path, or the abstract name without its mark.
  [[nodiscard]] std::string_view name() const noexcept;
  /// The path, "@name", or "unnamed", with '@' for each NUL. For people: it is not parsed.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] const sockaddr* raw() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  [[nodiscard]] socklen_t length() const noexcept { return length_; }

  friend bool operator==(const unix_address& a, const unix_address& b) noexcept;

 private:
  static constexpr std::size_t name_offset = offsetof(sockaddr_un, sun_path);

  sockaddr_un storage_{};
  socklen_t length_ = name_offset;
};

}  // namespace jackdaw::io
