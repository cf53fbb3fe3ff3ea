// An echo server and three clients in one program, run in both modes: one argument differs.
#include <jackdaw/io/io.hpp>

#include <array>
#include <cstdio>
#include <string>

namespace io = jackdaw::io;
using jackdaw::task;

task<void> echo(io::tcp_stream peer) {
  std::array<std::byte, 1024> buffer;
  while (const std::size_t count = co_await peer.read_some(buffer)) {
    co_await peer.write_all(std::span(buffer).first(count));
  }
}

task<void> serve(io::tcp_listener listener) {
  while (true) {
    jackdaw::spawn(echo(co_await listener.accept()), "echo");
  }
}

task<std::string> ask(io::address server, std::string line) {
  io::tcp_stream stream = co_await io::tcp_stream::connect(server);
  co_await stream.write_all(std::as_bytes(std::span(line)));
  stream.shutdown_write();
  io::buffered_reader reader(stream);
  co_return co_await reader.read_line();
}

task<std::string> echo_demo() {
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  const io::address at = listener.local_address();
  jackdaw::spawn(serve(std::move(listener)), "server");
  auto [a, b, c] = co_await jackdaw::gather(ask(at, "one"), ask(at, "two"), ask(at, "three"));
  co_return a + ", " + b + ", " + c;
}  // What is left when the first task ends is cancelled and awaited: here the server.

int main() {
  for (const io::mode mode : {io::mode::multi_thread, io::mode::asyncio}) {
    std::printf("%s: %s\n", io::name_of(mode), io::run(echo_demo(), mode).c_str());
  }
}
