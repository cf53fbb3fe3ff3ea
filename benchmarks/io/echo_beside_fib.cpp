// Question: how long does a 64-byte round trip take while every worker runs a tree of forks?
// Not the question: what the trip costs; the client is a thread of its own, which competes for a core as soon as
// there are as many workers as cores.
#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/fork_join.hpp>

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

using microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t message_bytes = 64;
constexpr int fib_size = 30;  // About 10 ms of one worker's time.

task<int> fib(int n) {
  if (n < 2) {
    co_return n;
  }
  auto [left, right] = co_await fork_join(fib(n - 1), fib(n - 2));
  co_return left + right;
}

task<void> compute(const std::atomic<bool>& stop, std::int64_t& trees) {
  while (!stop.load(std::memory_order_relaxed)) {  // A flag, and nothing behind it.
    benchmark::DoNotOptimize(co_await fib(fib_size));
    ++trees;
  }
}

task<void> echo_until_end(io::tcp_stream stream) {
  std::array<std::byte, message_bytes> bytes{};
  while (const std::size_t received = co_await stream.read_some(bytes)) {
    co_await stream.write_all(std::span(bytes).first(received));
  }
}

// The client: blocking calls on a thread of its own.
std::vector<microseconds> round_trips(benchmark::State& state, int descriptor) {
  std::vector<microseconds> times;
  std::array<std::byte, message_bytes> message{};
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    if (send(descriptor, message.data(), message.size(), MSG_NOSIGNAL) != message_bytes ||
        recv(descriptor, message.data(), message.size(), MSG_WAITALL) != message_bytes) {
      state.SkipWithError("the connection is gone");
      break;
    }
    times.push_back(std::chrono::steady_clock::now() - begin);
  }
  close(descriptor);
  return times;
}

void tell(benchmark::State& state, std::vector<microseconds> times) {
  if (times.empty()) {
    return;
  }
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))].count();
  };
  state.counters["p50_us"] = at(0.5);
  state.counters["p99_us"] = at(0.99);
  state.counters["p99.9_us"] = at(0.999);
}

int connect_to(const io::address& server) {
  io::address peer = server;
  const int descriptor = ::socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  return connect(descriptor, peer.raw(), peer.length()) == 0 ? descriptor : -1;
}

task<void> measure(benchmark::State& state, bool with_fib) {
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  std::atomic<bool> stop{false};
  std::vector<microseconds> times;
  const io::address server = listener.local_address();
  std::thread client([&] { times = round_trips(state, connect_to(server)); });
  io::tcp_stream stream = co_await listener.accept();
  stream.set_no_delay(true);
  const auto echoing = spawn(echo_until_end(std::move(stream)), "echo");
  std::int64_t trees = 0;
  const auto computing = with_fib ? spawn(compute(stop, trees), "fib") : join_handle<void>();
  co_await echoing;
  stop.store(true, std::memory_order_relaxed);  // As above.
  if (with_fib) {
    co_await computing;
  }
  client.join();
  tell(state, std::move(times));
  state.counters["trees"] = static_cast<double>(trees);
}

// Arguments: workers, backend (0: epoll, 1: io_uring), whether there is a fib.
void echo_beside_fib(benchmark::State& state) {
  io::options options;
  options.workers = static_cast<unsigned>(state.range(0));
  options.backend = state.range(1) == 0 ? io::backend::epoll : io::backend::io_uring;
  try {
    io::run(measure(state, state.range(2) != 0), options);
  } catch (const io::error& refused) {
    state.SkipWithError(refused.what());
  }
}
BENCHMARK(echo_beside_fib)
    ->ArgNames({"workers", "uring", "fib"})
    ->ArgsProduct({{1, 2}, {0, 1}, {0, 1}})
    ->UseRealTime();

}  // namespace
}  // namespace jackdaw::benchmarks
