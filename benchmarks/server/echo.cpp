// jackdaw's echo server for the server benchmarks; see measure_servers.py.
//
//     bench_echo [--backend io_uring|epoll] [--mode multi|asyncio] [--workers N] [--reader|--streams|--udp]
//
// Prints its port. With --reader it reads through a buffered_reader, which holds no memory while it waits;
// without, into the coroutine's own. With --streams it is the echo server of asyncio's manual, which needs
// asyncio mode. With --udp it echoes datagrams, as many at a time as have arrived.
#include <jackdaw/io/asyncio/asyncio.hpp>
#include <jackdaw/io/io.hpp>

#include <sys/resource.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr std::size_t buffer_bytes = 2048;

task<void> echo(io::tcp_stream peer) {
  std::array<std::byte, buffer_bytes> buffer;
  while (true) {
    const io::result<std::size_t> received = co_await peer.try_read_some(buffer);
    if (!received.ok() || *received == 0) {
      co_return;
    }
    const auto bytes = std::span<const std::byte>(buffer).first(*received);
    const io::result<std::size_t> sent = co_await peer.try_write_all(bytes);
    if (!sent.ok()) {
      co_return;
    }
  }
}

task<void> echo_by_reader(io::tcp_stream peer) {
  io::buffered_reader reader(peer);
  while (true) {
    const io::result<std::size_t> received = co_await reader.fill();
    if (!received.ok() || *received == 0) {
      co_return;
    }
    const auto bytes = reader.buffered();
    const io::result<std::size_t> sent = co_await peer.try_write_all(bytes);
    if (!sent.ok()) {
      co_return;
    }
    reader.consume(bytes.size());
  }
}

void tell(unsigned port) {
  std::printf("%u\n", port);
  std::fflush(stdout);
}

task<void> serve_tcp(bool by_reader) {
  io::listen_options options;
  options.backlog = 4096;
  io::tcp_listener listener = io::tcp_listener::bind(io::address::any(0), options);
  tell(listener.local_address().port());
  while (true) {
    io::tcp_stream peer = co_await listener.accept();
    spawn(by_reader ? echo_by_reader(std::move(peer)) : echo(std::move(peer)));
  }
}

task<void> echo_by_streams(io::asyncio::stream_reader reader, io::asyncio::stream_writer writer) {
  while (true) {
    const std::string data = co_await reader.read(buffer_bytes);
    if (data.empty()) {
      co_return;
    }
    writer.write(data);
    co_await writer.drain();
  }
}

task<void> serve_streams() {
  const auto server = co_await io::asyncio::start_server(&echo_by_streams, "0.0.0.0", 0);
  tell(server->sockets().front().address().port());
  co_await server->serve_forever();
}

task<void> serve_udp() {
  constexpr std::size_t slots_max = 64;
  io::udp_socket socket = io::udp_socket::bind(io::address::any(0));
  tell(socket.local_address().port());
  std::vector<std::byte> memory(slots_max * buffer_bytes);
  std::vector<io::datagram_slot> slots(slots_max);
  for (std::size_t index = 0; index < slots_max; ++index) {
    slots[index].memory = std::span(memory).subspan(index * buffer_bytes, buffer_bytes);
  }
  std::vector<io::outgoing_datagram> replies;
  while (true) {
    const std::size_t count = co_await socket.receive_many(slots);
    replies.clear();
    for (std::size_t index = 0; index < count; ++index) {
      const io::datagram& came = slots[index].received;
      replies.push_back({slots[index].memory.first(came.size), came.sender});
    }
    const std::size_t sent = co_await socket.send_many(replies);
    if (sent != count) {
      std::fputs("a reply was not sent\n", stderr);
    }
  }
}

}  // namespace
}  // namespace jackdaw::benchmarks

int main(int count, char** arguments) {
  namespace io = jackdaw::io;
  io::options options;
  options.workers = 1;
  std::string_view kind = "--plain";
  for (int index = 1; index < count; ++index) {
    const std::string_view name = arguments[index];
    const std::string_view value = index + 1 < count ? arguments[index + 1] : "";
    if (name == "--backend") {
      options.backend = value == "epoll" ? io::backend::epoll : io::backend::io_uring;
      ++index;
    } else if (name == "--mode") {
      options.mode = value == "asyncio" ? io::mode::asyncio : io::mode::multi_thread;
      ++index;
    } else if (name == "--workers") {
      options.workers = static_cast<unsigned>(std::stoul(std::string(value)));
      ++index;
    } else {
      kind = name;
    }
  }
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  if (kind == "--streams") {
    io::run(jackdaw::benchmarks::serve_streams(), options);
  } else if (kind == "--udp") {
    io::run(jackdaw::benchmarks::serve_udp(), options);
  } else {
    io::run(jackdaw::benchmarks::serve_tcp(kind == "--reader"), options);
  }
}
