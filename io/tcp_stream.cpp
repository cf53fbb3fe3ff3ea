// Connecting.
#include <jackdaw/io/tcp_stream.hpp>

#include <netinet/tcp.h>

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

  /// 0, or a negative errno.
  int await_resume() { return finish(); }

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

}  // namespace

task<result<tcp_stream>> tcp_stream::try_connect(address peer) {
  result<socket> opened = socket::try_open(peer.family(), SOCK_STREAM);
  if (!opened.ok()) {
    co_return opened.cause();
  }
  tcp_stream connected(std::move(*opened));
  const result<void> set = connected.socket_.try_set_flags({{IPPROTO_TCP, TCP_NODELAY, true}});
  if (!set.ok()) {
    co_return set.cause();
  }
  connect_operation connecting(connected.socket_.descriptor(), peer);
  const int status = co_await connecting;
  if (status < 0) {
    co_return failure_cause{-status, "connect to"};
  }
  co_return std::move(connected);
}

task<tcp_stream> tcp_stream::connect(address peer) {
  result<tcp_stream> connected = co_await try_connect(peer);
  co_return connected.value_about(peer);
}

void tcp_stream::set_no_delay(bool on) { socket_.set_option(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0); }

}  // namespace jackdaw::io
