// Asking the kernel who was there.
#include <jackdaw/io/address.hpp>
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/io/unix_address.hpp>

#include <netinet/in.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace jackdaw::io {
namespace {

constexpr socklen_t length_of_family(int family) noexcept {
  return family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

int integer_option(int descriptor, int name) noexcept {
  int value = -1;
  socklen_t length = sizeof(value);
  return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

// getpeername(2) says ENOTCONN after a reset; the option of nearly that name still knows. It wants to be asked
// for no more bytes than there are. Guarded by peer_name_test, "a_reset_connection_still_has_its_peer".
std::string name_after_reset(int descriptor) {
  const int family = integer_option(descriptor, SO_DOMAIN);
  if (family != AF_INET && family != AF_INET6) {
    return {};
  }
  sockaddr_storage found{};
  socklen_t length = length_of_family(family);
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERNAME, &found, &length) != 0) {
    return {};
  }
  return name_of(reinterpret_cast<const sockaddr*>(&found), length);
}

std::string name_of_process(int descriptor) {
  ucred found{};
  socklen_t length = sizeof(found);
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &found, &length) != 0 || found.pid <= 0) {
    return {};
  }
  return "process " + std::to_string(found.pid);
}

std::string after(std::string_view word, const std::string& name) {
  return name.empty() ? std::string() : std::string(word) + name;
}

}  // namespace

std::string name_of(const sockaddr* raw, socklen_t length) {
  if (length < sizeof(sa_family_t)) {
    return {};
  }
  const int family = raw->sa_family;
  if ((family == AF_INET || family == AF_INET6) && length >= length_of_family(family)) {
    return address(raw, length).to_string();
  }
  if (family == AF_UNIX) {
    const unix_address local(raw, length);
    return local.is_unnamed() ? std::string() : local.to_string();
  }
  return {};
}

std::string peer_name(int descriptor) {
  sockaddr_storage found{};
  socklen_t length = sizeof(found);
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&found), &length) != 0) {
    return errno == ENOTCONN ? name_after_reset(descriptor) : std::string();
  }
  std::string name = name_of(reinterpret_cast<const sockaddr*>(&found), length);
  return name.empty() && found.ss_family == AF_UNIX ? name_of_process(descriptor) : name;
}

std::string from_peer(int descriptor) { return after("from ", peer_name(descriptor)); }
std::string to_peer(int descriptor) { return after("to ", peer_name(descriptor)); }

}  // namespace jackdaw::io
