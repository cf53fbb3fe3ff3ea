// Reading and writing.
#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/io/stream_socket.hpp>

#include <cerrno>

namespace jackdaw::io {
namespace {

request transfer_request(opcode code, file_descriptor& descriptor, void* memory,
                         std::size_t length) noexcept {
  request wanted;
  wanted.code = code;
  wanted.descriptor = descriptor.get();
  wanted.memory = memory;
  wanted.length = length;
  wanted.owner = &descriptor;
  return wanted;
}

request receive_request(socket& from, std::span<std::byte> into) noexcept {
  return transfer_request(opcode::receive, from.descriptor(), into.data(), into.size());
}

request send_request(socket& to, std::span<const std::byte> bytes) noexcept {
  // The kernel only reads from it.
  auto* const memory = const_cast<std::byte*>(bytes.data());
  return transfer_request(opcode::send, to.descriptor(), memory, bytes.size());
}

}  // namespace

throwing<transfer_operation> stream_socket::read_some(std::span<std::byte> into) noexcept {
  return throwing<transfer_operation>(receive_request(socket_, into), "recv");
}

transfer_operation stream_socket::try_read_some(std::span<std::byte> into) noexcept {
  return transfer_operation(receive_request(socket_, into), "recv");
}

throwing<transfer_operation> stream_socket::write_some(std::span<const std::byte> from) noexcept {
  return throwing<transfer_operation>(send_request(socket_, from), "send");
}

transfer_operation stream_socket::try_write_some(std::span<const std::byte> from) noexcept {
  return transfer_operation(send_request(socket_, from), "send");
}

task<void> stream_socket::write_all(std::span<const std::byte> from) {
  const result<std::size_t> written = co_await try_write_all(from);
  if (!written.ok()) {
    throw error(written.error_number(), written.cause().call, to_peer(native_handle()));
  }
}

task<result<std::size_t>> stream_socket::try_write_all(std::span<const std::byte> from) {
  std::size_t written = 0;
  while (written < from.size()) {
    const result<std::size_t> count = co_await try_write_some(from.subspan(written));
    if (!count.ok()) {
      co_return count;
    }
    written += *count;
  }
  co_return written;
}

result<void> stream_socket::try_shutdown_write() {
  // shutdown(2) never waits; the ring would push it to a thread of its own.
  const auto end = [](int plain) { return ::shutdown(plain, SHUT_WR); };
  if (with_plain_descriptor(native_handle(), end) != 0) {
    return failure_cause{errno, "shutdown"};
  }
  return nothing{};
}

void stream_socket::shutdown_write() {
  if (const result<void> ended = try_shutdown_write(); !ended.ok()) {
    throw error(ended.error_number(), ended.cause().call, to_peer(native_handle()));
  }
}

}  // namespace jackdaw::io
