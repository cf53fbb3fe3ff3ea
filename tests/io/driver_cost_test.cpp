// tests/io/driver_cost_test.cpp
//
// Goal: what a driver costs, in figures that no busy machine can blur: it sleeps while nothing happens,
// and under load it asks the kernel once for many. Method: the driver's own counters, over both backends.
// How often a worker asks depends on how long its rounds take, so where the figure matters one thread
// works on a clock that stands still: then it is the same in every run.
#include "../support/echo.hpp"
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/io/uring_driver.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
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
  driver_statistics now = this_task::scheduler().statistics().drivers;
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
  auto streams = testing::local_streams(connections);
  const auto readers = testing::spawn_readers(streams, 1);
  co_await testing::settled();  // All are waiting, and every other worker has gone to sleep.
  const driver_statistics before = runtime_statistics().drivers;
  co_await jackdaw::sleep(100ms);
  const driver_statistics idle = since(before);
  for (stream_pair& each : streams) {
    each.right.close();
  }
  for (const auto& each : readers) {
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

// Takes what has been answered, by plain system calls that wait for nothing.
std::size_t take_answers(const std::vector<stream_pair>& streams) {
  std::size_t bytes = 0;
  for (const stream_pair& each : streams) {
    bytes += testing::receive_now(each.right.native_handle(), 64).size();
  }
  return bytes;
}

// As testing::echo_back(), but into memory of its own.
task<void> echo_from_own_memory(tcp_stream stream) {
  std::array<std::byte, 256> memory{};
  while (true) {
    const result<std::size_t> received = co_await stream.try_read_some(memory);
    if (!received.ok() || *received == 0) {
      co_return;
    }
    const auto bytes = std::span<const std::byte>(memory).first(*received);
    const result<std::size_t> sent = co_await stream.try_write_all(bytes);
    if (!sent.ok()) {
      co_return;
    }
  }
}

using echo_function = task<void> (*)(tcp_stream);

// All clients are ready at the same time, as they are under load: one task asks for all of them before
// it lets the servers run. Its own system calls are not the driver's: the servers' part alone is counted.
task<driver_statistics> serve_many(std::size_t connections, std::size_t messages,
                                   echo_function echo = &testing::echo_back) {
  const std::string request = "request";
  auto streams = testing::local_streams(connections);
  std::vector<join_handle<void>> servers;
  for (stream_pair& each : streams) {
    servers.push_back(spawn(echo(std::move(each.left))));
  }
  co_await testing::settled();
  const driver_statistics before = this_task::scheduler().statistics().drivers;
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
  co_await testing::settled();  // All wait for the next request again.
  const driver_statistics used = since(before);
  for (stream_pair& each : streams) {
    each.right.close();
  }
  for (auto& each : servers) {
    co_await each;
  }
  co_return used;
}

template <class Scheduler>
driver_statistics serve_on(Scheduler& scheduler, std::size_t connections, std::size_t messages,
                           echo_function echo) {
  outcome<driver_statistics> used;
  auto* const state = new task_state<void>(
      scheduler, testing::keep_outcome(serve_many(connections, messages, echo), used), "main");
  const join_handle<void> handle(*state);
  scheduler.run(*state);
  return used.take_value();
}

driver_statistics serve_on_standing_clock(const testing::io_kind& kind, std::size_t connections,
                                          std::size_t messages,
                                          echo_function echo = &testing::echo_back) {
  const virtual_clock standing;
  const auto make_driver = [&](unsigned) -> std::unique_ptr<driver> {
    if (kind.on_ring()) {
      return std::make_unique<uring_driver>(standing);
    }
    return std::make_unique<epoll_driver>(standing);
  };
  if (kind.is_loop()) {
    asyncio::event_loop loop(
        {.make_driver = make_driver, .time_source = &standing, .on_failure = {}});
    return serve_on(loop, connections, messages, echo);
  }
  pool workers(pool_options{1, make_driver, &standing, {}});
  return serve_on(workers, connections, messages, echo);
}

class exact_cost_test : public io_test {};
JACKDAW_OVER_IO(exact_cost_test, testing::one_driver_kinds());

TEST_P(exact_cost_test, under_load_one_system_call_serves_all_requests_that_are_there) {
  constexpr std::size_t connections = 64;
  constexpr std::size_t rounds = 20;
  const driver_statistics used = serve_on_standing_clock(GetParam(), connections, rounds);
  std::cout << used.system_calls << " system calls in " << rounds << " rounds\n";
  EXPECT_EQ(used.submissions, 2 * connections * rounds) << "a receive and a send per request";
  EXPECT_EQ(used.completions, used.submissions);
  // The ring: one to receive for all, one to send for all, one to wait again, and one to spare. Epoll: two
  // for each request, and two to learn who is ready.
  const std::size_t calls_per_round = GetParam().on_ring() ? 4 : 2 * connections + 3;
  EXPECT_LE(used.system_calls, rounds * calls_per_round);
}

// Who comes alone is answered at once, without a turn of the loop for the answer.
void cost_a_wait_and_a_send(const testing::io_kind& kind, echo_function echo) {
  constexpr std::size_t rounds = 50;
  const driver_statistics used = serve_on_standing_clock(kind, 1, rounds, echo);
  std::cout << used.system_calls << " system calls in " << rounds << " rounds\n";
  EXPECT_EQ(used.submissions, 2 * rounds) << "a receive and a send per request";
  EXPECT_EQ(used.completions, used.submissions);
  // Epoll has to receive besides; and the loop looks once more, for the turn in which the client only yields.
  const std::size_t calls_per_round = (kind.on_ring() ? 2U : 3U) + (kind.is_loop() ? 1U : 0U);
  EXPECT_LE(used.system_calls, rounds * calls_per_round + 4);
}

TEST_P(exact_cost_test, a_request_that_comes_alone_costs_a_wait_and_a_send) {
  cost_a_wait_and_a_send(GetParam(), &testing::echo_back);
}

// A read after one that left nothing behind is not tried in vain.
TEST_P(exact_cost_test, so_does_one_that_is_read_into_memory_of_ones_own) {
  cost_a_wait_and_a_send(GetParam(), &echo_from_own_memory);
}

// Of several workers each serves what it finds: at worst each request is a round of its own.
TEST_P(driver_cost_test, a_request_costs_no_more_calls_than_if_it_came_alone) {
  constexpr std::size_t connections = 64;
  const std::size_t messages = sanitized ? 20 : 200;
  const driver_statistics used = run(serve_many(connections, messages));
  const auto requests = static_cast<double>(connections * messages);
  const double calls = static_cast<double>(used.system_calls) / requests;
  RecordProperty("calls_per_request", std::to_string(calls));
  std::cout << calls << " system calls per request\n";
  // A receive and a send per request; and another receive where a message met the end of a lent buffer.
  EXPECT_GE(used.submissions, 2 * connections * messages);
  EXPECT_LE(used.submissions, 2 * connections * messages * 101 / 100);
  EXPECT_LE(calls, GetParam().on_ring() ? 2.5 : 4.5);
}

// One tick is one system call: whatever was submitted, whatever has come.
task<double> calls_per_tick(int ticks, std::size_t connections) {
  auto streams = testing::local_streams(connections);
  const driver_statistics before = runtime_statistics().drivers;
  for (int tick = 0; tick < ticks; ++tick) {
    for (const stream_pair& each : streams) {
      testing::send_now(each.right.native_handle(), "x");
    }
    const auto readers = testing::spawn_readers(streams, 1);
    for (const auto& each : readers) {
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
  // A slow build needs more than one slice of time for a tick, and asks the kernel after each.
  EXPECT_LE(calls, sanitized ? 6.0 : 3.0);
}

// -- Signals (B66) --------------------------------------------------------------------------------

std::atomic<std::uint64_t> storm_signals{0};
void note_storm(int /*number*/) { storm_signals.fetch_add(1, std::memory_order_relaxed); }

// A handler ends a wait early (P35).
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
