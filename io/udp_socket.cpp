// Datagrams: one message per operation, or a wait for readiness and a call for many.
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/udp_socket.hpp>

#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace jackdaw::io {
namespace {

std::span<std::byte> only_read(std::span<const std::byte> bytes) noexcept {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

// A sender of another family, or none at all, is the address 0.0.0.0:0.
address sender_of(const sockaddr* name, socklen_t length) {
  const bool known = (name->sa_family == AF_INET && length >= sizeof(sockaddr_in)) ||
                     (name->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6));
  return known ? address(name, length) : address();
}

// Headers for one call, on the stack of that call only.
struct batch {
  std::array<mmsghdr, udp_socket::batch_max> headers{};
  std::array<iovec, udp_socket::batch_max> pieces{};
  std::array<sockaddr_storage, udp_socket::batch_max> names{};

  msghdr& add(std::size_t index, std::span<std::byte> memory) noexcept {
    pieces[index].iov_base = memory.data();
    pieces[index].iov_len = memory.size();
    msghdr& header = headers[index].msg_hdr;
    header.msg_iov = &pieces[index];
    header.msg_iovlen = 1;
    return header;
  }
};

int receive_batch(int descriptor, std::span<datagram_slot> into) {
  batch all;
  for (std::size_t index = 0; index < into.size(); ++index) {
    msghdr& header = all.add(index, into[index].memory);
    header.msg_name = &all.names[index];
    header.msg_namelen = sizeof(sockaddr_storage);
  }
  int count = -1;
  do {
    count = recvmmsg(descriptor, all.headers.data(), static_cast<unsigned>(into.size()),
                     MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return -errno;
  }
  for (std::size_t index = 0; index < static_cast<std::size_t>(count); ++index) {
    const mmsghdr& header = all.headers[index];
    const auto* const name = reinterpret_cast<const sockaddr*>(&all.names[index]);
    into[index].received.size = header.msg_len;
    into[index].received.sender = sender_of(name, header.msg_hdr.msg_namelen);
    into[index].received.truncated = (header.msg_hdr.msg_flags & MSG_TRUNC) != 0;
  }
  return count;
}

int send_batch(int descriptor, std::span<const outgoing_datagram> from, bool connected) noexcept {
  batch all;
  for (std::size_t index = 0; index < from.size(); ++index) {
    msghdr& header = all.add(index, only_read(from[index].bytes));
    if (!connected) {
      header.msg_name = const_cast<sockaddr*>(from[index].receiver.raw());
      header.msg_namelen = from[index].receiver.length();
    }
  }
  int count = -1;
  do {
    count = sendmmsg(descriptor, all.headers.data(), static_cast<unsigned>(from.size()),
                     MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

bool is_ipv6(const socket& of) { return of.option(SOL_SOCKET, SO_DOMAIN) == AF_INET6; }

void change_membership(int option, const char* call, int descriptor, const address& group,
                       unsigned interface) {
  group_req wanted{};
  wanted.gr_interface = interface;
  std::memcpy(&wanted.gr_group, group.raw(), group.length());
  const int level = group.is_ipv6() ? IPPROTO_IPV6 : IPPROTO_IP;
  if (setsockopt(descriptor, level, option, &wanted, sizeof(wanted)) != 0) {
    throw error(errno, call, group.to_string());
  }
}

}  // namespace

receive_datagram_operation::receive_datagram_operation(file_descriptor& descriptor,
                                                       std::span<std::byte> into) noexcept
    : message_operation(opcode::receive_message, descriptor, into) {
  set_name(nullptr, sizeof(sockaddr_storage));
}

result<datagram> receive_datagram_operation::await_resume() {
  const int count = finish();
  if (count < 0) {
    return failure_cause{-count, "recvmsg"};
  }
  datagram received;
  received.size = static_cast<std::size_t>(count);
  received.sender = sender_of(reinterpret_cast<const sockaddr*>(&name()), header().msg_namelen);
  received.truncated = (header().msg_flags & MSG_TRUNC) != 0;
  return received;
}

receive_whole_operation::receive_whole_operation(file_descriptor& descriptor,
                                                 std::span<std::byte> into) noexcept
    : message_operation(opcode::receive_message, descriptor, into) {}

result<std::size_t> receive_whole_operation::await_resume() {
  int count = finish();
  if (count >= 0 && (header().msg_flags & MSG_TRUNC) != 0) {
    count = -EMSGSIZE;
  }
  if (count < 0) {
    return failure_cause{-count, "recvmsg"};
  }
  return static_cast<std::size_t>(count);
}

send_datagram_operation::send_datagram_operation(file_descriptor& descriptor,
                                                 std::span<const std::byte> bytes,
                                                 const sockaddr* receiver,
                                                 socklen_t length) noexcept
    : message_operation(opcode::send_message, descriptor, only_read(bytes)) {
  if (receiver != nullptr) {
    set_name(receiver, length);
  }
}

result<std::size_t> send_datagram_operation::await_resume() {
  const int count = finish();
  if (count < 0) {
    return failure_cause{-count, "sendmsg"};
  }
  return static_cast<std::size_t>(count);
}

result<udp_socket> udp_socket::try_bind(const address& local, udp_options options) {
  result<jackdaw::io::socket> opened = jackdaw::io::socket::try_open(local.family(), SOCK_DGRAM);
  if (!opened.ok()) {
    return opened.cause();
  }
  jackdaw::io::socket bound = std::move(*opened);
  const result<void> set = bound.try_set_flags({{SOL_SOCKET, SO_REUSEPORT, options.reuse_port},
                                                {SOL_SOCKET, SO_BROADCAST, options.broadcast},
                                                {IPPROTO_IPV6, IPV6_V6ONLY, local.is_ipv6()}});
  if (!set.ok()) {
    return set.cause();
  }
  if (::bind(bound.native_handle(), local.raw(), local.length()) != 0) {
    return failure_cause{errno, "bind"};
  }
  return udp_socket(std::move(bound));
}

udp_socket udp_socket::bind(const address& local, udp_options options) {
  return try_bind(local, options).value_about(local);
}

result<void> udp_socket::try_connect(const address& peer) {
  if (::connect(native_handle(), peer.raw(), peer.length()) != 0) {
    return failure_cause{errno, "connect to"};
  }
  connected_ = true;
  return nothing{};
}

void udp_socket::connect(const address& peer) { try_connect(peer).value_about(peer); }

throwing<send_datagram_operation> udp_socket::send_to(std::span<const std::byte> bytes,
                                                      const address& receiver) noexcept {
  return throwing<send_datagram_operation>(socket_.descriptor(), bytes, receiver.raw(),
                                           receiver.length());
}

send_datagram_operation udp_socket::try_send_to(std::span<const std::byte> bytes,
                                                const address& receiver) noexcept {
  return send_datagram_operation(socket_.descriptor(), bytes, receiver.raw(), receiver.length());
}

throwing<send_datagram_operation> udp_socket::send(std::span<const std::byte> bytes) noexcept {
  return throwing<send_datagram_operation>(socket_.descriptor(), bytes, nullptr, 0);
}

send_datagram_operation udp_socket::try_send(std::span<const std::byte> bytes) noexcept {
  return send_datagram_operation(socket_.descriptor(), bytes, nullptr, 0);
}

throwing<receive_datagram_operation> udp_socket::receive_from(std::span<std::byte> into) noexcept {
  return throwing<receive_datagram_operation>(socket_.descriptor(), into);
}

receive_datagram_operation udp_socket::try_receive_from(std::span<std::byte> into) noexcept {
  return receive_datagram_operation(socket_.descriptor(), into);
}

throwing<receive_whole_operation> udp_socket::receive(std::span<std::byte> into) noexcept {
  return throwing<receive_whole_operation>(socket_.descriptor(), into);
}

receive_whole_operation udp_socket::try_receive(std::span<std::byte> into) noexcept {
  return receive_whole_operation(socket_.descriptor(), into);
}

task<std::size_t> udp_socket::receive_many(std::span<datagram_slot> into) {
  const result<std::size_t> received = co_await try_receive_many(into);
  if (!received.ok()) {
    throw error(received.error_number(), received.cause().call, from_peer(native_handle()));
  }
  co_return *received;
}

task<result<std::size_t>> udp_socket::try_receive_many(std::span<datagram_slot> into) {
  const auto wanted = into.first(std::min(into.size(), batch_max));
  int count = wanted.empty() ? 0 : -EAGAIN;
  // The wait comes first: a socket that is never empty must not keep the worker for itself.
  while (count == -EAGAIN) {
    const result<int> ready = co_await readiness_operation(socket_.descriptor(), POLLIN);
    count = ready.ok() ? receive_batch(native_handle(), wanted) : -ready.error_number();
  }
  if (count < 0) {
    co_return failure_cause{-count, "recvmmsg"};
  }
  co_return static_cast<std::size_t>(count);
}

task<std::size_t> udp_socket::send_many(std::span<const outgoing_datagram> all) {
  const result<std::size_t> sent = co_await try_send_many(all);
  if (!sent.ok()) {
    // What failed is the first of them.
    const std::string receiver =
        connected_ ? to_peer(native_handle()) : "to " + all.front().receiver.to_string();
    throw error(sent.error_number(), sent.cause().call, receiver);
  }
  co_return *sent;
}

task<result<std::size_t>> udp_socket::try_send_many(std::span<const outgoing_datagram> all) {
  std::size_t sent = 0;
  while (sent < all.size()) {
    const result<int> ready = co_await readiness_operation(socket_.descriptor(), POLLOUT);
    const auto rest = all.subspan(sent, std::min(all.size() - sent, batch_max));
    const int count =
        ready.ok() ? send_batch(native_handle(), rest, connected_) : -ready.error_number();
    if (count >= 0) {
      sent += static_cast<std::size_t>(count);
    } else if (count != -EAGAIN) {
      if (sent > 0) {
        break;
      }
      co_return failure_cause{-count, "sendmmsg"};
    }
  }
  co_return sent;
}

void udp_socket::set_hops(int hops) {
  if (is_ipv6(socket_)) {
    socket_.set_option(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
  } else {
    socket_.set_option(IPPROTO_IP, IP_TTL, hops);
  }
}

// -- Multicast ------------------------------------------------------------------------------------------

void udp_socket::join_group(const address& group, unsigned interface) {
  change_membership(MCAST_JOIN_GROUP, "join", native_handle(), group, interface);
}

void udp_socket::leave_group(const address& group, unsigned interface) {
  change_membership(MCAST_LEAVE_GROUP, "leave", native_handle(), group, interface);
}

void udp_socket::set_multicast_interface(unsigned interface) {
  if (is_ipv6(socket_)) {
    socket_.set_option(IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface));
    return;
  }
  ip_mreqn wanted{};
  wanted.imr_ifindex = static_cast<int>(interface);
  if (setsockopt(native_handle(), IPPROTO_IP, IP_MULTICAST_IF, &wanted, sizeof(wanted)) != 0) {
    throw error(errno, "setsockopt");
  }
}

void udp_socket::set_multicast_hops(int hops) {
  if (is_ipv6(socket_)) {
    socket_.set_option(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
  } else {
    socket_.set_option(IPPROTO_IP, IP_MULTICAST_TTL, hops);
  }
}

void udp_socket::set_multicast_loop(bool on) {
  if (is_ipv6(socket_)) {
    socket_.set_option(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on ? 1 : 0);
  } else {
    socket_.set_option(IPPROTO_IP, IP_MULTICAST_LOOP, on ? 1 : 0);
  }
}

}  // namespace jackdaw::io
