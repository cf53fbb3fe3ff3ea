// Question: how long does a 64-byte round trip take while a task computes for 50 ms at a time, and what helps: nothing,
// a yield() every millisecond, or a thread of the blocking pool?
// Not the question: what the trip costs; the client is a thread of its own.
#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/this_task.hpp>

#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <thread>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

using namespace std::chrono_literals;
using microseconds = std::chrono::duration<double, std::micro>;
using steady = std::chrono::steady_clock;

constexpr std::size_t message_bytes = 64;
constexpr int connection_count = 32;
constexpr auto stall = 50ms;
constexpr auto slice = 1ms;

enum relief : std::int64_t { idle, none, yielding, offloaded };

void compute_for(steady::duration time) {
  const auto end = steady::now() + time;
  while (steady::now() < end) {
    benchmark::DoNotOptimize(end);
  }
}

task<void> compute_in_slices() {
  const auto end = steady::now() + stall;
  while (steady::now() < end) {
    compute_for(slice);
    co_await yield();
  }
}

task<void> compute(const std::atomic<bool>& stop, std::int64_t how) {
  while (!stop.load(std::memory_order_relaxed)) {  // A flag, and nothing behind it.
    if (how == yielding) {
      co_await compute_in_slices();
    } else if (how == offloaded) {
      co_await to_thread(&compute_for, stall);
    } else {
      compute_for(stall);
    }
    co_await sleep(10ms);  // What others get in between.
  }
}

task<void> echo_until_end(io::tcp_stream stream) {
  std::array<std::byte, message_bytes> bytes{};
  while (const std::size_t received = co_await stream.read_some(bytes)) {
    co_await stream.write_all(std::span(bytes).first(received));
  }
}

int connect_to(const io::address& server) {
  io::address peer = server;
  const int descriptor = ::socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  return connect(descriptor, peer.raw(), peer.length()) == 0 ? descriptor : -1;
}

// The client: a message on each connection in turn, blocking, on a thread of its own.
std::vector<microseconds> round_trips(benchmark::State& state, const io::address& server) {
  std::vector<int> connections(connection_count);
  std::ranges::generate(connections, [&] { return connect_to(server); });
  std::vector<microseconds> times;
  std::array<std::byte, message_bytes> message{};
  std::size_t next = 0;
  for (auto _ : state) {
    const int descriptor = connections[next++ % connections.size()];
    const auto begin = steady::now();
    if (send(descriptor, message.data(), message.size(), MSG_NOSIGNAL) != message_bytes ||
        recv(descriptor, message.data(), message.size(), MSG_WAITALL) != message_bytes) {
      state.SkipWithError("the connection is gone");
      break;
    }
    times.push_back(steady::now() - begin);
  }
  std::ranges::for_each(connections, [](int descriptor) { close(descriptor); });
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
  state.counters["late"] = static_cast<double>(
      std::ranges::count_if(times, [](microseconds time) { return time > 5ms; }));
}

task<void> measure(benchmark::State& state, std::int64_t how) {
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  std::atomic<bool> stop{false};
  std::vector<microseconds> times;
  const io::address server = listener.local_address();
  std::thread client([&] { times = round_trips(state, server); });
  std::vector<join_handle<void>> echoes;
  for (int connection = 0; connection < connection_count; ++connection) {
    io::tcp_stream stream = co_await listener.accept();
    stream.set_no_delay(true);
    echoes.push_back(spawn(echo_until_end(std::move(stream)), "echo"));
  }
  const auto computing = how != idle ? spawn(compute(stop, how), "compute") : join_handle<void>();
  for (const join_handle<void>& echo : echoes) {
    co_await echo;
  }
  stop.store(true, std::memory_order_relaxed);  // As above.
  if (how != idle) {
    co_await computing;
  }
  client.join();
  tell(state, std::move(times));
}

// Arguments: workers, backend (0: epoll, 1: io_uring), relief (0: nobody computes).
void stalled_worker(benchmark::State& state) {
  io::options options;
  options.workers = static_cast<unsigned>(state.range(0));
  options.backend = state.range(1) == 0 ? io::backend::epoll : io::backend::io_uring;
  try {
    io::run(measure(state, state.range(2)), options);
  } catch (const io::error& refused) {
    state.SkipWithError(refused.what());
  }
}
BENCHMARK(stalled_worker)
    ->ArgNames({"workers", "uring", "relief"})
    ->ArgsProduct({{1, 2}, {0, 1}, {idle, none, yielding, offloaded}})
    ->Iterations(20'000)
    ->UseRealTime();

}  // namespace
}  // namespace jackdaw::benchmarks
