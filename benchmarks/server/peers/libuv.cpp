// libuv: callbacks; a reply is tried at once (uv_try_write), as those who measure it do.
// With the argument "http": a minimal responder.
#include "responder.hpp"

#include <arpa/inet.h>
#include <uv.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::array<char, 65536> scratch;
std::string replies;
bool is_http = false;

void lend(uv_handle_t* /*handle*/, std::size_t /*suggested*/, uv_buf_t* buffer) {
  *buffer = uv_buf_init(scratch.data(), static_cast<unsigned>(scratch.size()));
}

void closed(uv_handle_t* handle) { std::free(handle); }

void received(uv_stream_t* peer, ssize_t count, const uv_buf_t* /*buffer*/) {
  if (count < 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(peer), closed);
    return;
  }
  std::string_view text(scratch.data(), static_cast<std::size_t>(count));
  if (is_http) {
    text = replies_to(text, replies);
  }
  const uv_buf_t reply =
      uv_buf_init(const_cast<char*>(text.data()), static_cast<unsigned>(text.size()));
  if (!text.empty() && uv_try_write(peer, &reply, 1) != static_cast<int>(text.size())) {
    std::abort();  // The client takes every reply: there is always room.
  }
}

void connected(uv_stream_t* listening, int status) {
  if (status != 0) {
    return;
  }
  auto* const peer = static_cast<uv_tcp_t*>(std::malloc(sizeof(uv_tcp_t)));
  uv_tcp_init(listening->loop, peer);
  auto* const stream = reinterpret_cast<uv_stream_t*>(peer);
  if (uv_accept(listening, stream) == 0) {
    uv_tcp_nodelay(peer, 1);
    uv_read_start(stream, lend, received);
  }
}

}  // namespace

int main(int count, char**) {
  is_http = count > 1;
  uv_loop_t* const loop = uv_default_loop();
  uv_tcp_t listening;
  uv_tcp_init(loop, &listening);
  sockaddr_in local{};
  uv_ip4_addr("0.0.0.0", 0, &local);
  uv_tcp_bind(&listening, reinterpret_cast<const sockaddr*>(&local), 0);
  uv_listen(reinterpret_cast<uv_stream_t*>(&listening), 4096, connected);
  int length = sizeof(local);
  uv_tcp_getsockname(&listening, reinterpret_cast<sockaddr*>(&local), &length);
  std::printf("%d\n", static_cast<int>(ntohs(local.sin_port)));
  std::fflush(stdout);
  uv_run(loop, UV_RUN_DEFAULT);
}
