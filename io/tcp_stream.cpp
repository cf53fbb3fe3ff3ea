// Connecting, reading, writing.
#include <jackdaw/io/tcp_stream.hpp>

#include <netinet/tcp.h>

#include <cerrno>

namespace jackdaw::io {
namespace {

class connect_operation final : public operation {
 public:
  connect_operation(file_descriptor& descriptor, const address& peer) noexcept
      : operation(make_request(descriptor)), peer_(peer), length_(peer.length()) {
    request_.address = peer_.raw();
    request_.address_length = &length_;
  }
  connect_operation(const connect_operation&) = delete;
  connect_operation& operator=(const connect_operation&) = delete;

  void await_resume() {
    const int status = finish();
    if (status < 0) {
      throw error(-status, "connect to", peer_.to_string());
    }
  }

 private:
  static request make_request(file_descriptor& descriptor) noexcept {
    request wanted;
    wanted.code = opcode::connect;
    wanted.descriptor = descriptor.get();
    wanted.owner = &descriptor;
    return wanted;
  }

  address peer_;
  socklen_t length_;
};

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

task<tcp_stream> tcp_stream::connect(address peer) {
  tcp_stream connected(socket::open(peer.family(), SOCK_STREAM));
  connected.set_no_delay(true);
  connect_operation connecting(connected.socket_.descriptor(), peer);
  co_await connecting;
  co_return connected;
}

throwing<transfer_operation> tcp_stream::read_some(std::span<std::byte> into) noexcept {
  return throwing<transfer_operation>(receive_request(socket_, into), "recv");
}

transfer_operation tcp_stream::try_read_some(std::span<std::byte> into) noexcept {
  return transfer_operation(receive_request(socket_, into), "recv");
}

throwing<transfer_operation> tcp_stream::write_some(std::span<const std::byte> from) noexcept {
  return throwing<transfer_operation>(send_request(socket_, from), "send");
}

transfer_operation tcp_stream::try_write_some(std::span<const std::byte> from) noexcept {
  return transfer_operation(send_request(socket_, from), "send");
}

task<void> tcp_stream::write_all(std::span<const std::byte> from) {
  result<std::size_t> written = co_await try_write_all(from);
  static_cast<void>(written.value());
}

task<result<std::size_t>> tcp_stream::try_write_all(std::span<const std::byte> from) {
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

void tcp_stream::shutdown_write() {
  // shutdown(2) never waits; the ring would push it to a thread of its own.
  if (::shutdown(native_handle(), SHUT_WR) != 0) {
    throw error(errno, "shutdown");
  }
}

void tcp_stream::set_no_delay(bool on) { socket_.set_option(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0); }

}  // namespace jackdaw::io
