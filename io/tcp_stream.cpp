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

}  // namespace

task<tcp_stream> tcp_stream::connect(address peer) {
  tcp_stream connected(socket::open(peer.family(), SOCK_STREAM));
  connected.set_no_delay(true);
  connect_operation connecting(connected.socket_.descriptor(), peer);
  co_await connecting;
  co_return connected;
}

void tcp_stream::set_no_delay(bool on) { socket_.set_option(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0); }

}  // namespace jackdaw::io
