// Between the kernel's form and ours.
#include <jackdaw/io/asyncio/socket_name.hpp>

#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace jackdaw::io::asyncio {
namespace {

constexpr socklen_t path_offset = offsetof(sockaddr_un, sun_path);

std::string path_of(const sockaddr* raw, socklen_t length) {
  if (length <= path_offset) {
    return {};
  }
  const char* const path = reinterpret_cast<const sockaddr_un*>(raw)->sun_path;
  const std::size_t bytes = length - path_offset;
  // An abstract name is counted, and may hold zeros; a path ends with one.
  return path[0] == '\0' ? std::string(path, bytes) : std::string(path, strnlen(path, bytes));
}

using name_call = int (*)(int, sockaddr*, socklen_t*);

std::optional<socket_name> ask(name_call call, int descriptor) {
  raw_socket_name found;
  if (call(descriptor, found.raw(), &found.length) != 0) {
    return std::nullopt;
  }
  return found.name();
}

}  // namespace

socket_name::socket_name(const sockaddr* raw, socklen_t length) {
  if (length < sizeof(sa_family_t)) {
    return;
  }
  if (raw->sa_family == AF_UNIX) {
    name_ = path_of(raw, length);
  } else if (raw->sa_family == AF_INET || raw->sa_family == AF_INET6) {
    name_ = io::address(raw, length);
  }
}

std::string socket_name::to_string() const {
  return is_internet() ? address().to_string() : path();
}

raw_socket_name::raw_socket_name(const socket_name& name) {
  if (name.is_internet()) {
    length = name.address().length();
    std::memcpy(&storage_, name.address().raw(), length);
    return;
  }
  const std::string& path = name.path();
  auto& local = *reinterpret_cast<sockaddr_un*>(&storage_);
  const bool is_abstract = !path.empty() && path.front() == '\0';
  if (path.size() + (is_abstract ? 0 : 1) > sizeof(local.sun_path)) {
    throw std::invalid_argument("AF_UNIX path too long: " + path);
  }
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.data(), path.size());
  length = path_offset + static_cast<socklen_t>(path.size()) + (is_abstract ? 0 : 1);
}

std::optional<socket_name> local_name_of(int descriptor) { return ask(&getsockname, descriptor); }
std::optional<socket_name> peer_name_of(int descriptor) { return ask(&getpeername, descriptor); }

}  // namespace jackdaw::io::asyncio
