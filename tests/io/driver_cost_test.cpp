// tests/io/driver_cost_test.cpp
//
// Goal: what a driver costs, in figures that no busy machine can blur: it sleeps while nothing happens,
// and under load it asks the kernel once for many. Method: the driver's own counters, over both backends.
#include "../support/echo.hpp"
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::io_test;
using testing::stream_pair;

class driver_cost_test : public io_test {};
JACKDAW_OVER_IO(driver_cost_test, testing::all_io_kinds());

driver_statistics since(const driver_statistics& before) {
  driver_statistics now = runtime_statistics().drivers;
  now.polls -= before.polls;
  now.waits -= before.waits;
  now.system_calls -= before.system_calls;
  now.wakes -= before.wakes;
  now.submissions -= before.submissions;
  now.completions -= before.completions;
  return now;
}

// -- Idle -----------------------------------------------------------------------------------------

task<driver_statistics> be_idle(std::size_t connections) {
  std::vector<stream_pair> streams;
  std::vector<join_handle<std::string>> readers;
  streams.reserve(connections);
  for (std::size_t index = 0; index < connections; ++index) {
    streams.push_back(testing::local_streams());
    readers.push_back(spawn(testing::read_to_end(streams.back().left)));
  }
  co_await jackdaw::sleep(20ms);  // All are waiting, and every worker has gone to sleep.
  const driver_statistics before = runtime_statistics().drivers;
  co_await jackdaw::sleep(100ms);
  const driver_statistics idle = since(before);
  for (stream_pair& each : streams) {
    each.right.close();
  }
  for (auto& each : readers) {
    co_await each;
  }
  co_return idle;
}

TEST_P(driver_cost_test, idle_connections_wake_nobody) {
  const driver_statistics idle = run(be_idle(200));
  // The one sleep, and what a worker does on its way into it.
  EXPECT_LE(idle.waits, 3U);
  EXPECT_LE(idle.wakes, 1U);
  EXPECT_LE(idle.system_calls, 8U);
}

// -- Busy -----------------------------------------------------------------------------------------

struct load_figures {
  double calls_per_request = 0;
  double submissions_per_request = 0;
};

// Takes what has been answered, by plain system calls that wait for nothing.
std::size_t take_answers(const std::vector<stream_pair>& streams) {
  std::size_t bytes = 0;
  for (const stream_pair& each : streams) {
    bytes += testing::receive_now(each.right.native_handle(), 64).size();
  }
  return bytes;
}

// All clients are ready at the same time, as they are under load: one task asks for all of them before
// it lets the servers run. Its own system calls are not the driver's: the servers' part alone is counted.
task<load_figures> serve_many(std::size_t connections, std::size_t messages) {
  const std::string request = "request";
  std::vector<stream_pair> streams;
  streams.reserve(connections);
  std::vector<join_handle<void>> servers;
  for (std::size_t index = 0; index < connections; ++index) {
    streams.push_back(testing::local_streams());
  }
  for (stream_pair& each : streams) {
    servers.push_back(spawn(testing::echo_back(std::move(each.left))));
  }
  co_await jackdaw::sleep(5ms);
  const driver_statistics before = runtime_statistics().drivers;
  for (std::size_t message = 0; message < messages; ++message) {
    for (const stream_pair& each : streams) {
      testing::send_now(each.right.native_handle(), request);
    }
    std::size_t answered = 0;
    while (answered < connections * request.size()) {
      co_await yield();
      answered += take_answers(streams);
    }
  }
  const driver_statistics used = since(before);
  for (stream_pair& each : streams) {
    each.right.close();
  }
  for (auto& each : servers) {
    co_await each;
  }
  const auto requests = static_cast<double>(connections * messages);
  co_return load_figures{static_cast<double>(used.system_calls) / requests,
                         static_cast<double>(used.submissions) / requests};
}

// On one thread the figure is exact: a receive and a send per request, all of a round in one call each.
// Other workers do not wait for the last client: at worst each request is a round of its own.
double calls_per_request_max(const testing::io_kind& kind) {
  if (kind.on_ring()) {
    return kind.one_thread() ? 0.5 : 2.5;
  }
  return kind.one_thread() ? 2.5 : 4.5;
}

TEST_P(driver_cost_test, under_load_one_system_call_serves_many_requests) {
  const load_figures figures = run(serve_many(64, sanitized ? 20 : 200));
  RecordProperty("calls_per_request", std::to_string(figures.calls_per_request));
  std::cout << figures.calls_per_request << " system calls per request\n";
  EXPECT_NEAR(figures.submissions_per_request, 2.0, 0.1) << "a receive and a send";
  EXPECT_LE(figures.calls_per_request, calls_per_request_max(GetParam()));
}

// One tick is one system call: whatever was submitted, whatever has come.
task<double> calls_per_tick(int ticks, std::size_t connections) {
  std::vector<stream_pair> streams;
  streams.reserve(connections);
  for (std::size_t index = 0; index < connections; ++index) {
    streams.push_back(testing::local_streams());
  }
  const driver_statistics before = runtime_statistics().drivers;
  for (int tick = 0; tick < ticks; ++tick) {
    std::vector<join_handle<std::string>> readers;
    for (stream_pair& each : streams) {
      testing::send_now(each.right.native_handle(), "x");
      readers.push_back(spawn(testing::read_count(each.left, 1)));
    }
    for (auto& each : readers) {
      co_await each;
    }
  }
  const driver_statistics used = since(before);
  co_return static_cast<double>(used.system_calls) / ticks;
}

class tick_cost_test : public io_test {};
// Epoll receives with a call each.
std::vector<testing::io_kind> kinds_with_one_ring() {
  auto kinds = testing::io_kinds_on(backend::io_uring);
  std::erase_if(kinds, [](const testing::io_kind& kind) { return !kind.one_thread(); });
  return kinds;
}
JACKDAW_OVER_IO(tick_cost_test, kinds_with_one_ring());

TEST_P(tick_cost_test, a_tick_of_the_ring_is_one_system_call_for_all_that_was_submitted) {
  const double calls = run(calls_per_tick(100, 50));
  EXPECT_LE(calls, 3.0);
}

// -- Signals (B66) --------------------------------------------------------------------------------

std::atomic<std::uint64_t> storm_signals{0};
void note_storm(int /*number*/) { storm_signals.fetch_add(1, std::memory_order_relaxed); }

TEST_P(driver_cost_test, a_storm_of_signals_disturbs_nobody) {
  struct sigaction action{};
  action.sa_handler = &note_storm;
  struct sigaction before{};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  std::atomic<bool> over{false};
  std::thread storm([&over, target = pthread_self()] {
    while (!over.load(std::memory_order_relaxed)) {
      pthread_kill(target, SIGUSR1);
      std::this_thread::sleep_for(20us);
    }
  });
  const std::size_t messages = sanitized ? 20 : 200;
  const std::size_t answered = run(testing::echo_among(16, messages));
  over.store(true, std::memory_order_relaxed);
  storm.join();
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(answered, 16 * messages);
  EXPECT_GT(storm_signals.exchange(0), 0U);
}

}  // namespace
}  // namespace jackdaw::io
