// Sending when there is room, receiving with what came beside.
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/unix_datagram.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace jackdaw::io {
namespace {

constexpr duration back_off_min = std::chrono::milliseconds(1);
constexpr duration back_off_max = std::chrono::milliseconds(50);

int send_now(int through, std::span<const std::byte> bytes, const unix_address* receiver,
             const control_memory& control) noexcept {
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.memory.get();
  header.msg_controllen = control.length;
  if (receiver != nullptr) {
    header.msg_name = const_cast<sockaddr*>(receiver->raw());
    header.msg_namelen = receiver->length();
  }
  ssize_t count = -1;
  do {
    count = ::sendmsg(through, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : 0;
}

// A sender that was not bound has no name: the kernel says so by a length of 0.
unix_address sender_of(const sockaddr_storage& name, socklen_t length) {
  if (length < sizeof(sa_family_t)) {
    return {};
  }
  return {reinterpret_cast<const sockaddr*>(&name), length};
}

}  // namespace

unix_receive_operation::unix_receive_operation(file_descriptor& from, std::span<std::byte> into,
                                               std::size_t count_max)
    : message_operation(opcode::receive_message, from, into),
      control_(control_to_receive(count_max)) {
  set_name(nullptr, sizeof(sockaddr_storage));
  taken_.reserve(std::min(count_max, passed_descriptors_max));
  set_control(control_.memory.get(), control_.length);
}

unix_receive_operation::~unix_receive_operation() {
  if (unfetched()) {
    take_passed(header(), taken_);
  }
}

result<unix_message> unix_receive_operation::await_resume() {
  const int count = finish();
  if (count < 0) {
    return failure_cause{-count, "recvmsg"};
  }
  take_passed(header(), taken_);
  unix_message received;
  received.size = static_cast<std::size_t>(count);
  received.sender = sender_of(name(), header().msg_namelen);
  received.truncated = (header().msg_flags & MSG_TRUNC) != 0;
  received.descriptors = std::move(taken_);
  received.descriptors_truncated = (header().msg_flags & MSG_CTRUNC) != 0;
  return received;
}

result<unix_datagram> unix_datagram::try_bind(const unix_address& local,
                                              unix_bind_options options) {
  result<unix_datagram> made = try_open();
  if (!made.ok()) {
    return made;
  }
  result<socket_file> file = try_bind_local(made->socket_, local, options);
  if (!file.ok()) {
    return file.cause();
  }
  made->file_ = std::move(*file);
  return made;
}

unix_datagram unix_datagram::bind(const unix_address& local, unix_bind_options options) {
  return try_bind(local, options).value_about(local);
}

result<unix_datagram> unix_datagram::try_open() {
  result<jackdaw::io::socket> opened = jackdaw::io::socket::try_open(AF_UNIX, SOCK_DGRAM);
  if (!opened.ok()) {
    return opened.cause();
  }
  return unix_datagram(std::move(*opened));
}

unix_datagram unix_datagram::open() { return try_open().value(); }

result<std::pair<unix_datagram, unix_datagram>> unix_datagram::try_make_pair() {
  io_driver::prepare();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return failure_cause{errno, "socketpair"};
  }
  return std::pair(unix_datagram(jackdaw::io::socket(file_descriptor(ends[0]))),
                   unix_datagram(jackdaw::io::socket(file_descriptor(ends[1]))));
}

std::pair<unix_datagram, unix_datagram> unix_datagram::make_pair() {
  return try_make_pair().value();
}

result<void> unix_datagram::try_connect(const unix_address& peer) {
  if (::connect(native_handle(), peer.raw(), peer.length()) != 0) {
    return failure_cause{errno, "connect to"};
  }
  return nothing{};
}

void unix_datagram::connect(const unix_address& peer) { try_connect(peer).value_about(peer); }

task<result<void>> unix_datagram::try_send_message(std::span<const std::byte> bytes,
                                                   unix_address receiver, bool named,
                                                   std::span<const int> descriptors) {
  const control_memory control = control_to_pass(descriptors);
  duration back_off = back_off_min;
  while (true) {
    const result<int> ready = co_await readiness_operation(socket_.descriptor(), POLLOUT);
    if (!ready.ok()) {
      co_return ready.cause();
    }
    const int status = send_now(native_handle(), bytes, named ? &receiver : nullptr, control);
    if (status == 0) {
      co_return nothing{};
    }
    if (status != -EAGAIN) {
      co_return failure_cause{-status, "sendmsg"};
    }
    if (named) {
      co_await jackdaw::sleep(back_off);
      back_off = std::min(2 * back_off, back_off_max);
    }
  }
}

task<result<void>> unix_datagram::try_send_to(std::span<const std::byte> bytes,
                                              unix_address receiver,
                                              std::span<const int> descriptors) {
  const result<void> sent = co_await try_send_message(bytes, receiver, true, descriptors);
  co_return sent;
}

task<result<void>> unix_datagram::try_send(std::span<const std::byte> bytes,
                                           std::span<const int> descriptors) {
  const unix_address nobody;
  const result<void> sent = co_await try_send_message(bytes, nobody, false, descriptors);
  co_return sent;
}

task<void> unix_datagram::send_to(std::span<const std::byte> bytes, unix_address receiver,
                                  std::span<const int> descriptors) {
  const result<void> sent = co_await try_send_message(bytes, receiver, true, descriptors);
  if (!sent.ok()) {
    throw error(sent.error_number(), "send to", receiver.to_string());
  }
}

task<void> unix_datagram::send(std::span<const std::byte> bytes, std::span<const int> descriptors) {
  const result<void> sent = co_await try_send(bytes, descriptors);
  if (!sent.ok()) {
    throw error(sent.error_number(), "send", to_peer(native_handle()));
  }
}

throwing<unix_receive_operation> unix_datagram::receive_from(std::span<std::byte> into,
                                                             std::size_t count_max) {
  return throwing<unix_receive_operation>(socket_.descriptor(), into, count_max);
}

unix_receive_operation unix_datagram::try_receive_from(std::span<std::byte> into,
                                                       std::size_t count_max) {
  return unix_receive_operation(socket_.descriptor(), into, count_max);
}

unix_address unix_datagram::local_address() const {
  const raw_address found = socket_.raw_local_address();
  return {found.raw(), found.length};
}

void unix_datagram::close() noexcept {
  file_.remove();
  socket_.close();
}

}  // namespace jackdaw::io
