// The table from operation to system call.
#include <jackdaw/io/byte_buffer.hpp>
#include <jackdaw/io/system_call.hpp>

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace jackdaw::io {
namespace {

int to_result(ssize_t returned) noexcept {
  if (returned >= 0) {
    return static_cast<int>(returned);
  }
  return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

int perform_receive_lent(const request& wanted, std::span<std::byte> scratch) noexcept {
  const int count =
      to_result(::recv(wanted.descriptor, scratch.data(), scratch.size(), MSG_DONTWAIT));
  if (count > 0) {
    static_cast<byte_buffer*>(wanted.memory)
        ->append(scratch.first(static_cast<std::size_t>(count)));
  }
  return count;
}

int perform_connect(operation& connecting) noexcept {
  const request& wanted = connecting.wanted();
  if (!connecting.connecting) {
    connecting.connecting = true;
    const int status =
        to_result(::connect(wanted.descriptor, wanted.address, *wanted.address_length));
    return status == -EINPROGRESS ? -EAGAIN : status;
  }
  int failure = 0;
  socklen_t length = sizeof(failure);
  const int status = getsockopt(wanted.descriptor, SOL_SOCKET, SO_ERROR, &failure, &length);
  return status < 0 ? -errno : -failure;
}

int perform_poll(const request& wanted) noexcept {
  pollfd entry{wanted.descriptor, static_cast<short>(wanted.flags), 0};
  const int count = ::poll(&entry, 1, 0);
  if (count == 0) {
    return -EAGAIN;
  }
  if (count < 0) {
    return -errno;
  }
  return (entry.revents & POLLNVAL) != 0 ? -EBADF : entry.revents;
}

int perform_once(operation& operation, std::span<std::byte> scratch) noexcept {
  const request& wanted = operation.wanted();
  switch (wanted.code) {
    case opcode::receive:
      return to_result(
          ::recv(wanted.descriptor, wanted.memory, wanted.length, wanted.flags | MSG_DONTWAIT));
    case opcode::receive_lent:
      return perform_receive_lent(wanted, scratch);
    case opcode::send:
      // A reset peer is an error of the call, not a signal that ends the process.
      return to_result(::send(wanted.descriptor, wanted.memory, wanted.length,
                              wanted.flags | MSG_DONTWAIT | MSG_NOSIGNAL));
    case opcode::accept:
      return to_result(::accept4(wanted.descriptor, wanted.address, wanted.address_length,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK));
    case opcode::connect:
      return perform_connect(operation);
    case opcode::receive_message:
      return to_result(::recvmsg(wanted.descriptor, static_cast<msghdr*>(wanted.memory),
                                 wanted.flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    case opcode::send_message:
      return to_result(::sendmsg(wanted.descriptor, static_cast<const msghdr*>(wanted.memory),
                                 wanted.flags | MSG_DONTWAIT | MSG_NOSIGNAL));
    case opcode::read:
      return to_result(::read(wanted.descriptor, wanted.memory, wanted.length));
    case opcode::write:
      return to_result(::write(wanted.descriptor, wanted.memory, wanted.length));
    case opcode::poll:
      return perform_poll(wanted);
  }
  return -EINVAL;
}

}  // namespace

int perform(operation& wanted, std::span<std::byte> scratch) noexcept {
  int result = perform_once(wanted, scratch);
  while (result == -EINTR) {
    result = perform_once(wanted, scratch);
  }
  return result;
}

unsigned events_of(const operation& wanted) noexcept {
  switch (wanted.wanted().code) {
    case opcode::receive:
    case opcode::receive_lent:
    case opcode::accept:
    case opcode::receive_message:
    case opcode::read:
      return POLLIN;
    case opcode::send:
    case opcode::connect:
    case opcode::send_message:
    case opcode::write:
      return POLLOUT;
    case opcode::poll:
      return static_cast<unsigned>(wanted.wanted().flags);
  }
  return 0;
}

}  // namespace jackdaw::io
