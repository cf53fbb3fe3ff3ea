// Connecting, and what travels beside the bytes.
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/unix_stream.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace jackdaw::io {
namespace {

constexpr duration back_off_min = std::chrono::milliseconds(1);
constexpr duration back_off_max = std::chrono::milliseconds(50);

std::span<std::byte> only_read(std::span<const std::byte> bytes) noexcept {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

unix_address local_name(const raw_address& found, const char* call) {
  if (found.storage.ss_family != AF_UNIX) {
    throw error(EAFNOSUPPORT, call);
  }
  return {found.raw(), found.length};
}

}  // namespace

send_descriptors_operation::send_descriptors_operation(file_descriptor& through,
                                                       std::span<const std::byte> bytes,
                                                       std::span<const int> descriptors)
    : message_operation(opcode::send_message, through, only_read(bytes)),
      control_(control_to_pass(descriptors)) {
  set_control(control_.memory.get(), control_.length);
}

result<std::size_t> send_descriptors_operation::await_resume() {
  int count = finish();
  if (count == 0) {
    // Without a byte to travel with, the kernel drops descriptors and calls it a success.
    count = -EINVAL;
  }
  if (count < 0) {
    return failure_cause{-count, "sendmsg"};
  }
  return static_cast<std::size_t>(count);
}

receive_descriptors_operation::receive_descriptors_operation(file_descriptor& from,
                                                             std::span<std::byte> into,
                                                             std::size_t count_max)
    : message_operation(opcode::receive_message, from, into),
      control_(control_to_receive(count_max)) {
  taken_.reserve(std::min(count_max, unix_stream::descriptors_max));
  set_control(control_.memory.get(), control_.length);
}

receive_descriptors_operation::~receive_descriptors_operation() {
  if (unfetched()) {
    take_passed(header(), taken_);
  }
}

result<received_descriptors> receive_descriptors_operation::await_resume() {
  const int count = finish();
  if (count < 0) {
    return failure_cause{-count, "recvmsg"};
  }
  take_passed(header(), taken_);
  received_descriptors received;
  received.size = static_cast<std::size_t>(count);
  received.descriptors = std::move(taken_);
  received.truncated = (header().msg_flags & MSG_CTRUNC) != 0;
  return received;
}

// A local connection is there at once, or the queue is full: EAGAIN, which no event ends. (poll(2) says that
// an unconnected socket is writable.)
task<result<unix_stream>> unix_stream::try_connect(unix_address peer) {
  result<socket> opened = socket::try_open(AF_UNIX, SOCK_STREAM);
  if (!opened.ok()) {
    co_return opened.cause();
  }
  unix_stream connected(std::move(*opened));
  duration back_off = back_off_min;
  while (::connect(connected.native_handle(), peer.raw(), peer.length()) != 0) {
    const int number = errno;
    if (number == EAGAIN) {
      co_await jackdaw::sleep(back_off);
      back_off = std::min(2 * back_off, back_off_max);
    } else if (number != EINTR) {
      co_return failure_cause{number, "connect to"};
    }
  }
  co_return std::move(connected);
}

task<unix_stream> unix_stream::connect(unix_address peer) {
  result<unix_stream> connected = co_await try_connect(peer);
  co_return connected.value_about(peer);
}

result<std::pair<unix_stream, unix_stream>> unix_stream::try_make_pair() {
  io_driver::prepare();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return failure_cause{errno, "socketpair"};
  }
  return std::pair(unix_stream(socket(file_descriptor(ends[0]))),
                   unix_stream(socket(file_descriptor(ends[1]))));
}

std::pair<unix_stream, unix_stream> unix_stream::make_pair() { return try_make_pair().value(); }

throwing<send_descriptors_operation> unix_stream::send_descriptors(
    std::span<const std::byte> bytes, std::span<const int> descriptors) {
  return throwing<send_descriptors_operation>(socket_.descriptor(), bytes, descriptors);
}

send_descriptors_operation unix_stream::try_send_descriptors(std::span<const std::byte> bytes,
                                                             std::span<const int> descriptors) {
  return send_descriptors_operation(socket_.descriptor(), bytes, descriptors);
}

throwing<receive_descriptors_operation> unix_stream::receive_descriptors(std::span<std::byte> into,
                                                                         std::size_t count_max) {
  return throwing<receive_descriptors_operation>(socket_.descriptor(), into, count_max);
}

receive_descriptors_operation unix_stream::try_receive_descriptors(std::span<std::byte> into,
                                                                   std::size_t count_max) {
  return receive_descriptors_operation(socket_.descriptor(), into, count_max);
}

io::peer_credentials unix_stream::peer_credentials() const {
  ucred found{};
  socklen_t length = sizeof(found);
  if (getsockopt(native_handle(), SOL_SOCKET, SO_PEERCRED, &found, &length) != 0) {
    throw error(errno, "getsockopt");
  }
  return {found.pid, found.uid, found.gid};
}

unix_address unix_stream::local_address() const {
  return local_name(socket_.raw_local_address(), "getsockname");
}

unix_address unix_stream::peer_address() const {
  return local_name(socket_.raw_peer_address(), "getpeername");
}

}  // namespace jackdaw::io
