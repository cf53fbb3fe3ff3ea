// Opening, options, addresses.
#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/socket.hpp>

#include <cerrno>
#include <string>

namespace jackdaw::io {
namespace {

using address_call = int (*)(int, sockaddr*, socklen_t*);

raw_address ask_address(address_call ask, const char* call, int descriptor) {
  raw_address found;
  if (ask(plain_descriptor(descriptor).get(), reinterpret_cast<sockaddr*>(&found.storage),
          &found.length) != 0) {
    throw error(errno, call);
  }
  return found;
}

address internet_address(const raw_address& found, const char* call) {
  const int family = found.storage.ss_family;
  if (family != AF_INET && family != AF_INET6) {
    throw error(EAFNOSUPPORT, call, "a socket of family " + std::to_string(family));
  }
  return {found.raw(), found.length};
}

}  // namespace

socket socket::open(int family, int type) {
  io_driver::prepare();
  file_descriptor descriptor(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor) {
    throw error(errno, "socket");
  }
  return socket(std::move(descriptor));
}

raw_address socket::raw_local_address() const {
  return ask_address(&getsockname, "getsockname", native_handle());
}

raw_address socket::raw_peer_address() const {
  return ask_address(&getpeername, "getpeername", native_handle());
}

address socket::local_address() const {
  return internet_address(raw_local_address(), "getsockname");
}

address socket::peer_address() const { return internet_address(raw_peer_address(), "getpeername"); }

void socket::set_option(int level, int name, int value) {
  if (setsockopt(plain_descriptor(native_handle()).get(), level, name, &value, sizeof(value)) !=
      0) {
    throw error(errno, "setsockopt");
  }
}

int socket::option(int level, int name) const {
  int value = 0;
  socklen_t length = sizeof(value);
  if (getsockopt(plain_descriptor(native_handle()).get(), level, name, &value, &length) != 0) {
    throw error(errno, "getsockopt");
  }
  return value;
}

}  // namespace jackdaw::io
