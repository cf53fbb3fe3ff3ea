// UDP: datagrams, one by one or many per call.
//
// A datagram is received whole or cut off, never in two parts: what does not fit is lost, and the receiver
// is told. One of no bytes is a datagram like any other, not an end.
#pragma once

#include <jackdaw/io/message_operation.hpp>
#include <jackdaw/io/socket.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <span>

namespace jackdaw::io {

/// What receive_from() tells of a datagram.
struct datagram {
  std::size_t size = 0;  // Of what was kept.
  address sender;
  bool truncated = false;  // It was longer than the memory, and the rest is lost.
};

/// One of many: memory to receive into, and what came.
struct datagram_slot {
  std::span<std::byte> memory;
  datagram received{};
};

/// One of many to send. On a connected socket `receiver` is not looked at.
struct outgoing_datagram {
  std::span<const std::byte> bytes;
  address receiver{};
};

/// The await of receive_from().
class [[nodiscard]] receive_datagram_operation : public message_operation {
 public:
  receive_datagram_operation(file_descriptor& descriptor, std::span<std::byte> into) noexcept;
  result<datagram> await_resume();
};

/// The await of receive().
class [[nodiscard]] receive_whole_operation : public message_operation {
 public:
  receive_whole_operation(file_descriptor& descriptor, std::span<std::byte> into) noexcept;
  result<std::size_t> await_resume();
};

/// The await of send_to() and send(): no receiver is the connected one.
class [[nodiscard]] send_datagram_operation : public message_operation {
 public:
  send_datagram_operation(file_descriptor& descriptor, std::span<const std::byte> bytes,
                          const sockaddr* receiver, socklen_t length) noexcept;
  result<std::size_t> await_resume();
};

struct udp_options {
  /// Several sockets may be bound to the address; the kernel spreads datagrams over them by sender.
  bool reuse_port = false;
  /// To send to broadcast addresses is allowed.
  bool broadcast = false;
};

/// Other options: raw_socket().set_option().
///
/// Threads       Any number of tasks may send and receive at a time, on any workers of the runtime.
/// Errors        io::error with the kernel's errno; the try_ forms return it as a result. On a connected
///               socket ECONNREFUSED tells that an earlier datagram found nobody.
/// Cancellation  Loses no datagram: see tcp_stream.
class udp_socket {
 public:
  udp_socket() noexcept = default;
  explicit udp_socket(socket bound) noexcept : socket_(std::move(bound)) {}

  /// A socket with that address; port 0: one that is free. Throws io::error that names the address.
  static udp_socket bind(const address& local, udp_options options = {});
  static result<udp_socket> try_bind(const address& local, udp_options options = {});
  /// From now on datagrams go to `peer`, and only its own are received. Never waits. Throws io::error.
  void connect(const address& peer);
  result<void> try_connect(const address& peer);

  /// Sends one datagram; gives its size.
  ///
  /// Suspends      Until the socket's buffer has room for it; always on io_uring.
  /// Errors        EMSGSIZE: it is longer than a datagram may be.
  /// Source        sendto(2). asyncio: loop.sock_sendto.
  throwing<send_datagram_operation> send_to(std::span<const std::byte> bytes,
                                            const address& receiver) noexcept;
  send_datagram_operation try_send_to(std::span<const std::byte> bytes,
                                      const address& receiver) noexcept;
  /// The same to the peer of connect().
  throwing<send_datagram_operation> send(std::span<const std::byte> bytes) noexcept;
  send_datagram_operation try_send(std::span<const std::byte> bytes) noexcept;

  /// Waits for a datagram.
  ///
  /// Lifetime      `into` belongs to the kernel until the await returns, also when it is cancelled.
  /// Source        recvmsg(2). asyncio: loop.sock_recvfrom_into.
  throwing<receive_datagram_operation> receive_from(std::span<std::byte> into) noexcept;
  receive_datagram_operation try_receive_from(std::span<std::byte> into) noexcept;
  /// Waits for a datagram, whoever sent it; gives its size. EMSGSIZE if it did not fit, and is lost.
  throwing<receive_whole_operation> receive(std::span<std::byte> into) noexcept;
  receive_whole_operation try_receive(std::span<std::byte> into) noexcept;

  /// Waits until there is a datagram, and takes as many as there are and `into` has slots for, at most
  /// batch_max; gives their number.
  ///
  /// Suspends      Always, unless `into` is empty.
  /// Cost          One wait and one system call for all of them.
  /// Source        recvmmsg(2).
  task<std::size_t> receive_many(std::span<datagram_slot> into);
  task<result<std::size_t>> try_receive_many(std::span<datagram_slot> into);
  /// Sends all of them, in order; gives their number, less if one failed after others were sent: that one
  /// is the next then, and sending it again tells why.
  ///
  /// Suspends      Once for each batch_max of them at least.
  /// Cancellation  Some may have been sent.
  /// Source        sendmmsg(2).
  task<std::size_t> send_many(std::span<const outgoing_datagram> all);
  task<result<std::size_t>> try_send_many(std::span<const outgoing_datagram> all);
  static constexpr std::size_t batch_max = 64;

  /// How many networks a datagram to one receiver may pass: its TTL, or hop limit. At most 255; the system says
  /// what it is at first, most often 64. Throws io::error: EINVAL. Source: IP_TTL, IPV6_UNICAST_HOPS.
  void set_hops(int hops);

  // Multicast. An interface is its index: if_nametoindex(3); 0 is the kernel's choice. All throw io::error,
  // and none waits.

  /// From now on also receives what is sent to the address `group` at this socket's port, if it is bound to
  /// any address or to the group's. Source: ip(7), ipv6(7).
  void join_group(const address& group, unsigned interface = 0);
  void leave_group(const address& group, unsigned interface = 0);
  /// Through which interface what is sent to groups leaves.
  void set_multicast_interface(unsigned interface);
  /// How many networks it may pass; 1 at first: it stays in this one.
  void set_multicast_hops(int hops);
  /// Whether members on this machine receive it too; they do at first. On Linux the sender's choice.
  void set_multicast_loop(bool on);

  [[nodiscard]] address local_address() const { return socket_.local_address(); }
  /// Of connect(); ENOTCONN without it.
  [[nodiscard]] address peer_address() const { return socket_.peer_address(); }
  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }
  [[nodiscard]] jackdaw::io::socket& raw_socket() noexcept { return socket_; }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  void close() noexcept { socket_.close(); }

 private:
  jackdaw::io::socket socket_;
  bool connected_ = false;
};

}  // namespace jackdaw::io
