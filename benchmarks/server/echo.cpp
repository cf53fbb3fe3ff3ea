// jackdaw's echo server for the server benchmarks; see measure_servers.py.
//
//     bench_echo [--backend io_uring|epoll] [--mode multi|asyncio] [--workers N] [--reader]
//
// Prints its port. With --reader it reads through a buffered_reader, which holds no memory while it waits;
// without, into the coroutine's own.
#include <jackdaw/io/io.hpp>

#include <sys/resource.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

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

task<void> serve(bool by_reader) {
  io::listen_options options;
  options.backlog = 4096;
  io::tcp_listener listener = io::tcp_listener::bind(io::address::any(0), options);
  std::printf("%d\n", static_cast<int>(listener.local_address().port()));
  std::fflush(stdout);
  while (true) {
    io::tcp_stream peer = co_await listener.accept();
    spawn(by_reader ? echo_by_reader(std::move(peer)) : echo(std::move(peer)));
  }
}

}  // namespace
}  // namespace jackdaw::benchmarks

int main(int count, char** arguments) {
  namespace io = jackdaw::io;
  io::options options;
  options.workers = 1;
  bool by_reader = false;
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
    } else if (name == "--reader") {
      by_reader = true;
    }
  }
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  io::run(jackdaw::benchmarks::serve(by_reader), options);
}
