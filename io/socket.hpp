// What all sockets share: a descriptor, options and addresses.
#pragma once

#include <jackdaw/io/address.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>

#include <initializer_list>

namespace jackdaw::io {

/// An address of any family, as the kernel gives it.
struct raw_address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);

  [[nodiscard]] const sockaddr* raw() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

/// An option that is on or off.
struct socket_flag {
  int level = 0;
  int name = 0;
  bool on = false;
};

/// Not awaitable itself: see tcp_stream and tcp_listener.
class socket {
 public:
  socket() noexcept = default;
  /// Takes over a descriptor, which must be non-blocking.
  explicit socket(file_descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  /// A new non-blocking, close-on-exec socket. Throws io::error.
  static socket open(int family, int type);
  static result<socket> try_open(int family, int type);

  /// What system calls take; they refuse (EBADF) the number of a direct descriptor.
  [[nodiscard]] int native_handle() const noexcept { return descriptor_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(descriptor_); }
  [[nodiscard]] file_descriptor& descriptor() noexcept { return descriptor_; }

  /// The addresses of the two ends. Throw io::error: EAFNOSUPPORT if they are no internet addresses.
  [[nodiscard]] address local_address() const;
  [[nodiscard]] address peer_address() const;
  /// The same of any family. Throw io::error.
  [[nodiscard]] raw_address raw_local_address() const;
  [[nodiscard]] raw_address raw_peer_address() const;

  /// setsockopt() with an int. Throws io::error.
  void set_option(int level, int name, int value);
  result<void> try_set_option(int level, int name, int value);
  [[nodiscard]] int option(int level, int name) const;
  /// Those that are on; the others stay as they are.
  result<void> try_set_flags(std::initializer_list<socket_flag> flags);

  /// Idempotent; aborts if an operation is pending on it.
  void close() noexcept { descriptor_.close(); }

 private:
  file_descriptor descriptor_;
};

}  // namespace jackdaw::io
