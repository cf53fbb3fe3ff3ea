// Sockets without asyncio.
#include "sockets.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace jackdaw::conformance {

std::pair<io::socket, io::socket> socketpair() {
  int both[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both) != 0) {
    throw io::error(errno, "socketpair");
  }
  return {io::socket(io::file_descriptor(both[0])), io::socket(io::file_descriptor(both[1]))};
}

io::socket connected_to(const io::address& peer) {
  io::socket made(io::file_descriptor(::socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)));
  if (::connect(made.native_handle(), peer.raw(), peer.length()) != 0) {
    throw io::error(errno, "connect");
  }
  return made;
}

std::string recv(io::socket& from, std::size_t count) {
  std::string data(count, '\0');
  const ssize_t received = ::recv(from.native_handle(), data.data(), data.size(), MSG_DONTWAIT);
  data.resize(received > 0 ? static_cast<std::size_t>(received) : 0);
  return data;
}

void send(io::socket& to, std::string_view data) {
  if (::send(to.native_handle(), data.data(), data.size(), MSG_NOSIGNAL) < 0) {
    throw io::error(errno, "send");
  }
}

}  // namespace jackdaw::conformance
