// An echo server and three clients in one program. Its argument is a mode: multi or asyncio.
#include <jackdaw/io/io.hpp>

#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

namespace io = jackdaw::io;
using jackdaw::task;

namespace {

task<void> echo(io::tcp_stream peer) {
  std::array<std::byte, 1024> buffer;
  while (const std::size_t count = co_await peer.read_some(buffer)) {
    co_await peer.write_all(std::span(buffer).first(count));
  }
}

task<void> serve(io::tcp_listener listener) {
  while (true) {
    io::tcp_stream peer = co_await listener.accept();
    jackdaw::spawn(echo(std::move(peer)), "echo");
  }
}

task<std::string> ask(io::address server, std::string line) {
  io::tcp_stream stream = co_await io::tcp_stream::connect(server);
  co_await stream.write_all(std::as_bytes(std::span(line)));
  stream.shutdown_write();
  io::buffered_reader reader(stream);
  co_return co_await reader.read_line();
}

task<void> echo_demo() {
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  const io::address server = listener.local_address();
  jackdaw::spawn(serve(std::move(listener)), "server");

  auto [a, b, c] =
      co_await jackdaw::gather(ask(server, "one"), ask(server, "two"), ask(server, "three"));
  std::printf("%s mode: %s %s %s\n", io::name_of(io::runtime_statistics().mode), a.c_str(),
              b.c_str(), c.c_str());
}  // What is left when the first task ends is cancelled and awaited: here the server.

}  // namespace

int main(int argc, char** argv) {
  const bool asyncio = argc > 1 && std::string_view(argv[1]) == "asyncio";
  io::run(echo_demo(), asyncio ? io::mode::asyncio : io::mode::multi_thread);
}
