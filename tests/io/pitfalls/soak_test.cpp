// tests/io/pitfalls/soak_test.cpp
//
// Goal: every operation, cancelled at every step of its life, before, after and in the midst of what makes it
// succeed, conserves descriptors, buffers and bytes (P1, P2, P3, B38). Method: lanes, each with streams and a
// listener of its own, that go on at the same time over one runtime. A lane's round is one operation in a task
// of its own, and two deeds in random order with random pauses between: fulfilling it, and cancelling it. The
// accounts are settled at the end of the lane; descriptors, frames and submissions by the fixture.
//
// The seed is JACKDAW_SEED (it is printed); JACKDAW_SOAK_SECONDS gives each runtime so long instead of 50,000
// rounds.
#include "../../support/io_runtimes.hpp"
#include "../../support/stress.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::connected_streams;
using testing::receive_now;
using testing::send_now;
using testing::stream_pair;
using clock_type = std::chrono::steady_clock;

constexpr int lanes = 8;
constexpr int rounds_of_a_runtime = 50'000;
// 100,000 over the six runtimes. Enough to use up 256 lent buffers, if none came back.
constexpr int rounds_min_of_a_lane = 2'100;

/// How long a lane goes on: rounds and time, whichever ends first, but some rounds in any case.
struct budget {
  int rounds_min;
  int rounds_max;
  clock_type::time_point end;
};

budget budget_of_a_run() {
  const char* const seconds = std::getenv("JACKDAW_SOAK_SECONDS");
  if (seconds != nullptr) {
    return {0, 1 << 30, clock_type::now() + std::chrono::seconds(std::atoi(seconds))};
  }
  return {testing::scaled(rounds_min_of_a_lane), testing::scaled(rounds_of_a_runtime / lanes),
          clock_type::now() + std::chrono::milliseconds(1600)};
}

/// Bytes of one direction of one stream: what was sent, and what came of it.
class account {
 public:
  explicit account(std::uint64_t seed) : leaving_(seed), arriving_(seed) {}

  /// What is to be sent next; sent() says how much of it was.
  [[nodiscard]] std::vector<std::byte> next(std::size_t count) const {
    std::vector<std::byte> bytes(count);
    testing::byte_pattern copy = leaving_;
    copy.fill(bytes);
    return bytes;
  }
  void sent(std::size_t count) {
    std::vector<std::byte> bytes(count);
    leaving_.fill(bytes);
    sent_ += count;
  }
  void arrived(std::span<const std::byte> bytes) {
    in_order_ = arriving_.matches(bytes) && in_order_;
    arrived_ += bytes.size();
  }
  void settle(const char* whose) const {
    EXPECT_EQ(arrived_, sent_) << whose;
    EXPECT_TRUE(in_order_) << whose;
  }

 private:
  testing::byte_pattern leaving_;
  testing::byte_pattern arriving_;
  std::uint64_t sent_ = 0;
  std::uint64_t arrived_ = 0;
  bool in_order_ = true;
};

class lane {
 public:
  explicit lane(std::uint64_t number)
      : random_(testing::random_numbers(number)),
        received_(number),
        filled_(number + 100),
        written_(number + 200) {}
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  task<int> go(budget limit) {
    int round = 0;
    while (round < limit.rounds_min ||
           (round < limit.rounds_max && clock_type::now() < limit.end)) {
      ++round;
      co_await one_round();
    }
    settle();
    co_return round;
  }

 private:
  enum class kind : std::uint8_t { receive, fill, send, accept, connect, ready, kinds };

  task<void> one_round() {
    const auto chosen = static_cast<kind>(random_() % static_cast<unsigned>(kind::kinds));
    auto child = spawn(perform(chosen));
    co_await pause();
    const bool first_fulfil = random_() % 2 == 0;
    const unsigned deeds = static_cast<unsigned>(random_() % 4);  // Neither is done to some.
    if (first_fulfil && (deeds & 1) != 0) {
      fulfil(chosen);
      co_await pause();
    }
    if ((deeds & 2) != 0) {
      child.cancel();
      co_await pause();
    }
    if (!first_fulfil && (deeds & 1) != 0) {
      fulfil(chosen);
      co_await pause();
    }
    if ((deeds & 1) == 0) {
      child.cancel();  // Nobody else would end it.
    }
    try {
      co_await child;
    } catch (const cancelled_error&) {
    }
    take_stock(chosen);
  }

  // None, a turn or two, or until the driver was asked.
  task<void> pause() {
    const std::uint64_t steps = random_() % 4;
    for (std::uint64_t step = 0; step < std::min<std::uint64_t>(steps, 2); ++step) {
      co_await yield();
    }
    if (steps == 3 && random_() % 4 == 0) {
      co_await jackdaw::sleep(std::chrono::microseconds(20));
    }
  }

  task<void> perform(kind chosen) {
    switch (chosen) {
      case kind::receive:
        co_await receive();
        break;
      case kind::fill:
        static_cast<void>(co_await reader_.fill());
        break;
      case kind::send:
        co_await send();
        break;
      case kind::accept:
        co_await accept();
        break;
      case kind::connect:
        co_await connect();
        break;
      default:
        static_cast<void>(co_await readable(streams_.left.native_handle()));
    }
    co_await yield();  // Where a cancellation that came too late is delivered.
  }

  task<void> receive() {
    std::array<std::byte, 48> into{};
    const result<std::size_t> count = co_await streams_.left.try_read_some(into);
    EXPECT_TRUE(count.ok());
    received_.arrived(std::span(into).first(count.ok() ? *count : 0));
  }
  task<void> send() {
    const std::vector<std::byte> bytes = written_.next(30'000);
    const result<std::size_t> count = co_await full_.left.try_write_some(bytes);
    EXPECT_TRUE(count.ok());
    written_.sent(count.ok() ? *count : 0);
  }
  task<void> accept() {
    const result<tcp_stream> peer = co_await listener_.try_accept();
    accepted_ += peer.ok() ? 1 : 0;
  }
  task<void> connect() {
    try {
      const tcp_stream made = co_await tcp_stream::connect(visited_.local_address());
      reset_at_close(made.native_handle());
    } catch (const error& refused) {
      EXPECT_EQ(refused.code().value(), ECONNRESET) << "by drain()";
    }
  }

  void fulfil(kind chosen) {
    if (chosen == kind::receive || chosen == kind::ready) {
      give(streams_.right, received_);
    } else if (chosen == kind::fill) {
      give(filling_.right, filled_);
    } else if (chosen == kind::send) {
      take_written();
    } else if (chosen == kind::accept) {
      visit(listener_);
      ++visits_;
    } else {
      drain(visited_);
    }
  }

  // All of it: less might give the sender no room.
  void take_written() {
    while (true) {
      const std::string some = receive_now(full_.right.native_handle(), 1U << 20);
      written_.arrived(bytes_of(some));
      if (some.empty()) {
        return;
      }
    }
  }

  void give(tcp_stream& from, account& books) {
    const std::vector<std::byte> bytes = books.next(1 + random_() % 64);
    send_now(from.native_handle(), testing::text_of(bytes));
    books.sent(bytes.size());
  }

  void take_stock(kind chosen) {
    if (chosen == kind::ready) {  // It reads nothing, and would fill the stream.
      received_.arrived(bytes_of(receive_now(streams_.left.native_handle())));
    } else if (chosen == kind::fill) {
      filled_.arrived(reader_.buffered());
      reader_.consume(reader_.buffered().size());
    } else if (chosen == kind::connect) {
      drain(visited_);
    }
  }

  void settle() {
    received_.arrived(bytes_of(receive_now(streams_.left.native_handle(), 1U << 20)));
    received_.settle("received");
    filled_.arrived(bytes_of(receive_now(filling_.left.native_handle(), 1U << 20)));
    filled_.settle("filled");
    take_written();
    written_.settle("written");
    EXPECT_EQ(accepted_ + drain(listener_), visits_) << "connections";
  }

  static void reset_at_close(int descriptor) {
    const linger at_once{1, 0};  // No port is left in TIME_WAIT.
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  static void visit(tcp_listener& listener) {
    const auto client = socket::open(AF_INET, SOCK_STREAM);
    const address there = listener.local_address();
    static_cast<void>(::connect(client.native_handle(), there.raw(), there.length()));
    reset_at_close(client.native_handle());
  }
  static std::size_t drain(tcp_listener& listener) {
    std::size_t count = 0;
    while (true) {
      const file_descriptor next(
          accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!next) {
        return count;
      }
      reset_at_close(next.get());
      ++count;
    }
  }
  static tcp_listener deep_listener() {
    listen_options options;
    options.backlog = 4096;
    return tcp_listener::bind(address::loopback(0), options);
  }

  std::mt19937_64 random_;
  // Local pairs: what was sent has arrived.
  stream_pair streams_ = testing::local_streams();
  stream_pair filling_ = testing::local_streams();
  stream_pair full_ = testing::local_streams();
  buffered_reader reader_{filling_.left};
  tcp_listener listener_ = deep_listener();
  tcp_listener visited_ = deep_listener();
  account received_;
  account filled_;
  account written_;
  std::size_t visits_ = 0;
  std::size_t accepted_ = 0;
};

class soak_test : public testing::io_test {};
JACKDAW_OVER_IO(soak_test, testing::all_io_kinds());

TEST_P(soak_test, cancellation_at_any_step_conserves_descriptors_buffers_and_bytes) {
  struct body {
    static task<int> run(budget limit) {
      std::vector<std::unique_ptr<lane>> all;
      std::vector<task<int>> going;
      for (std::uint64_t number = 0; number < lanes; ++number) {
        all.push_back(std::make_unique<lane>(number));
        going.push_back(all.back()->go(limit));
      }
      const std::vector<int> rounds = co_await gather(std::move(going));
      int total = 0;
      for (const int each : rounds) {
        total += each;
      }
      co_return total;
    }
  };
  if (std::getenv("JACKDAW_SOAK_SECONDS") == nullptr) {
    std::printf("%d rounds\n", run(body::run(budget_of_a_run())));
    return;
  }
  // Longer than the fixture's patience: in many runs, each of which is settled.
  const budget whole = budget_of_a_run();
  int total = 0;
  while (clock_type::now() < whole.end) {
    const auto end = std::min(whole.end, clock_type::now() + std::chrono::seconds(10));
    total += run(body::run(budget{0, whole.rounds_max, end}));
  }
  std::printf("%d rounds\n", total);
}

}  // namespace
}  // namespace jackdaw::io
