// Opening, options, addresses.
#include <jackdaw/io/socket.hpp>

#include <cerrno>

namespace jackdaw::io {

socket socket::open(int family, int type) {
  file_descriptor descriptor(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor) {
    throw error(errno, "socket");
  }
  return socket(std::move(descriptor));
}

address socket::local_address() const {
  address found;
  socklen_t length = address::capacity;
  if (getsockname(native_handle(), found.raw(), &length) != 0) {
    throw error(errno, "getsockname");
  }
  return found;
}

address socket::peer_address() const {
  address found;
  socklen_t length = address::capacity;
  if (getpeername(native_handle(), found.raw(), &length) != 0) {
    throw error(errno, "getpeername");
  }
  return found;
}

void socket::set_option(int level, int name, int value) {
  if (setsockopt(native_handle(), level, name, &value, sizeof(value)) != 0) {
    throw error(errno, "setsockopt");
  }
}

int socket::option(int level, int name) const {
  int value = 0;
  socklen_t length = sizeof(value);
  if (getsockopt(native_handle(), level, name, &value, &length) != 0) {
    throw error(errno, "getsockopt");
  }
  return value;
}

}  // namespace jackdaw::io
