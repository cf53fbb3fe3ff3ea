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
  const auto ask_plain = [&](int plain) {
    return ask(plain, reinterpret_cast<sockaddr*>(&found.storage), &found.length);
  };
  if (with_plain_descriptor(descriptor, ask_plain) != 0) {
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

result<socket> socket::try_open(int family, int type) {
  io_driver::prepare();
  file_descriptor descriptor(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor) {
    return failure_cause{errno, "socket"};
  }
  return socket(std::move(descriptor));
}

socket socket::open(int family, int type) { return try_open(family, type).value(); }

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

result<void> socket::try_set_option(int level, int name, int value) {
  const auto set = [&](int plain) { return setsockopt(plain, level, name, &value, sizeof(value)); };
  if (with_plain_descriptor(native_handle(), set) != 0) {
    return failure_cause{errno, "setsockopt"};
  }
  return nothing{};
}

result<void> socket::try_set_flags(std::initializer_list<socket_flag> flags) {
  for (const socket_flag& each : flags) {
    if (each.on) {
      result<void> set = try_set_option(each.level, each.name, 1);
      if (!set.ok()) {
        return set;
      }
    }
  }
  return nothing{};
}

void socket::set_option(int level, int name, int value) {
  try_set_option(level, name, value).value();
}

int socket::option(int level, int name) const {
  int value = 0;
  socklen_t length = sizeof(value);
  const auto get = [&](int plain) { return getsockopt(plain, level, name, &value, &length); };
  if (with_plain_descriptor(native_handle(), get) != 0) {
    throw error(errno, "getsockopt");
  }
  return value;
}

}  // namespace jackdaw::io
