// Question: what does a 64-byte round trip over loopback cost, client and server in one runtime?
// Not the question: what a server costs beside a client of another process; see `scripts/demo`.
#include <jackdaw/io/io.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr std::size_t message_bytes = 64;
constexpr std::int64_t trips = 20;

task<void> serve(io::tcp_stream stream) {
  io::buffered_reader reader(stream);
  while (true) {
    const auto received = co_await reader.fill();
    if (!received.ok() || *received == 0) {
      co_return;
    }
    const auto bytes = reader.buffered();
    const auto sent = co_await stream.try_write_all(bytes);
    if (!sent.ok()) {
      co_return;
    }
    reader.consume(bytes.size());
  }
}

task<void> accept_all(io::tcp_listener& listener) {
  while (true) {
    io::tcp_stream stream = co_await listener.accept();
    spawn(serve(std::move(stream)));
  }
}

task<void> round_trips(io::tcp_stream& stream) {
  std::array<std::byte, message_bytes> message{};
  for (std::int64_t trip = 0; trip < trips; ++trip) {
    co_await stream.write_all(message);
    std::size_t received = 0;
    while (received < message.size()) {
      received += co_await stream.read_some(std::span(message).subspan(received));
    }
  }
}

task<void> measure(benchmark::State& state) {
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  const auto server = spawn(accept_all(listener));
  const std::int64_t connections = state.range(2);
  std::vector<io::tcp_stream> streams;
  for (std::int64_t index = 0; index < connections; ++index) {
    streams.push_back(co_await io::tcp_stream::connect(listener.local_address()));
  }
  for (auto _ : state) {
    std::vector<task<void>> clients;
    for (io::tcp_stream& stream : streams) {
      clients.push_back(round_trips(stream));
    }
    co_await gather(std::move(clients));
  }
  const auto statistics = io::runtime_statistics();
  const double total = static_cast<double>(state.iterations() * connections * trips);
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
  state.counters["syscalls/trip"] = static_cast<double>(statistics.drivers.system_calls) / total;
  streams.clear();
  server.cancel();
  try {
    co_await server;  // The listener is ours: it must not be closed under a pending accept.
  } catch (const cancelled_error&) {
    co_return;
  }
}

// Arguments: workers (0: asyncio), backend (0: epoll, 1: io_uring), connections.
void echo(benchmark::State& state) {
  io::options options;
  options.mode = state.range(0) == 0 ? io::mode::asyncio : io::mode::multi_thread;
  options.workers = static_cast<unsigned>(state.range(0));
  options.backend = state.range(1) == 0 ? io::backend::epoll : io::backend::io_uring;
  try {
    io::run(measure(state), options);
  } catch (const io::error& refused) {
    state.SkipWithError(refused.what());
  }
}
BENCHMARK(echo)
    ->ArgNames({"workers", "uring", "connections"})
    ->ArgsProduct({{0, 1, 2}, {0, 1}, {1, 64}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace jackdaw::benchmarks
