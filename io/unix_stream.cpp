// Connecting, and what travels beside the bytes.
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/io/unix_stream.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace jackdaw::io {
namespace {

constexpr duration back_off_min = std::chrono::milliseconds(1);
constexpr duration back_off_max = std::chrono::milliseconds(50);

std::span<std::byte> only_read(std::span<const std::byte> bytes) noexcept {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

using address_call = int (*)(int, sockaddr*, socklen_t*);

unix_address ask_address(address_call ask, const char* call, int descriptor) {
  sockaddr_un found{};
  socklen_t length = sizeof(found);
  auto* const raw = reinterpret_cast<sockaddr*>(&found);
  if (ask(descriptor, raw, &length) != 0) {
    throw error(errno, call);
  }
  if (found.sun_family != AF_UNIX) {
    throw error(EAFNOSUPPORT, call);
  }
  return {raw, length};
}

}  // namespace

send_descriptors_operation::send_descriptors_operation(file_descriptor& through,
                                                       std::span<const std::byte> bytes,
                                                       std::span<const int> descriptors)
    : message_operation(opcode::send_message, through, only_read(bytes)) {
  if (descriptors.empty()) {
    return;
  }
  // One too many is enough for the kernel to refuse.
  descriptors = descriptors.first(std::min(descriptors.size(), unix_stream::descriptors_max + 1));
  const std::size_t space = CMSG_SPACE(descriptors.size_bytes());
  control_ = std::make_unique<std::byte[]>(space);
  auto* const header = reinterpret_cast<cmsghdr*>(control_.get());
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  set_control(control_.get(), space);
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
    : message_operation(opcode::receive_message, from, into) {
  const std::size_t count = std::min(count_max, unix_stream::descriptors_max);
  if (count == 0) {
    return;
  }
  const std::size_t length = CMSG_LEN(count * sizeof(int));
  control_ = std::make_unique<std::byte[]>(length);
  taken_.reserve(count);
  // Not CMSG_SPACE: its padding has room for one more than was asked for.
  set_control(control_.get(), length);
}

receive_descriptors_operation::~receive_descriptors_operation() {
  if (unfetched()) {
    take_descriptors();
  }
}

void receive_descriptors_operation::take_descriptors() noexcept {
  msghdr& all = header();
  for (cmsghdr* each = CMSG_FIRSTHDR(&all); each != nullptr; each = CMSG_NXTHDR(&all, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < count; ++index) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(each) + index * sizeof(int), sizeof(int));
      taken_.emplace_back(number);
    }
  }
}

result<received_descriptors> receive_descriptors_operation::await_resume() {
  const int count = finish();
  if (count < 0) {
    return failure_cause{-count, "recvmsg"};
  }
  take_descriptors();
  received_descriptors received;
  received.size = static_cast<std::size_t>(count);
  received.descriptors = std::move(taken_);
  received.truncated = (header().msg_flags & MSG_CTRUNC) != 0;
  return received;
}

// A local connection is there at once, or the queue is full: EAGAIN, which no event ends. (poll(2) says that
// an unconnected socket is writable.)
task<result<unix_stream>> unix_stream::try_connect(unix_address peer) {
  unix_stream connected(socket::open(AF_UNIX, SOCK_STREAM));
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
  if (!connected.ok()) {
    throw error(connected.error_number(), connected.cause().call, peer.to_string());
  }
  co_return std::move(*connected);
}

std::pair<unix_stream, unix_stream> unix_stream::make_pair() {
  io_driver::prepare();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    throw error(errno, "socketpair");
  }
  return {unix_stream(socket(file_descriptor(ends[0]))),
          unix_stream(socket(file_descriptor(ends[1])))};
}

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
  return ask_address(&getsockname, "getsockname", native_handle());
}

unix_address unix_stream::peer_address() const {
  return ask_address(&getpeername, "getpeername", native_handle());
}

}  // namespace jackdaw::io
