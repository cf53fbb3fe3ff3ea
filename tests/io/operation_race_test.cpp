// tests/io/operation_race_test.cpp
//
// Goal: the end of an operation and its cancellation meet in the same instant, from two threads, on a
// third one's driver; whoever wins, nothing is lost. Method: rounds. In each a task performs one
// operation while one thread makes it succeed and another one cancels it; accounts are kept over all
// rounds and settled in the end. (The grid of moments, one after the other, is in operation_test.cpp.)
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::connected_streams;
using testing::io_test;
using testing::receive_now;
using testing::stream_pair;

class operation_race_test : public io_test {};
JACKDAW_OVER_IO(operation_race_test, testing::parallel_io_kinds());

// A thread that does one thing per round, at about the same time as the others: every other round it is
// late by up to `lateness_max` loops, so that each of two contenders comes first now and then.
class contender {
 public:
  contender(std::function<void(std::uint64_t)> action, std::uint64_t seed,
            std::uint64_t lateness_max)
      : action_(std::move(action)),
        random_(testing::random_numbers(seed)),
        lateness_max_(lateness_max),
        thread_([this] { serve(); }) {}
  contender(const contender&) = delete;
  contender& operator=(const contender&) = delete;
  ~contender() {
    start(stop);
    thread_.join();
  }

  void start(std::uint64_t round) {
    wanted_.store(round, std::memory_order_release);
    wanted_.notify_one();
  }
  /// Blocks the thread: for a few microseconds, since the round has begun.
  void finish(std::uint64_t round) const {
    for (auto done = done_.load(std::memory_order_acquire); done < round;
         done = done_.load(std::memory_order_acquire)) {
      done_.wait(done, std::memory_order_acquire);
    }
  }

 private:
  static constexpr std::uint64_t stop = ~std::uint64_t{0};

  void serve() {
    std::uint64_t round = 0;
    while (true) {
      wanted_.wait(round, std::memory_order_acquire);
      round = wanted_.load(std::memory_order_acquire);
      if (round == stop) {
        return;
      }
      std::atomic<std::uint64_t> spun{0};
      const std::uint64_t end = random_() % (round % 2 == 0 ? 500 : lateness_max_);
      while (spun.load(std::memory_order_relaxed) < end) {
        spun.fetch_add(1, std::memory_order_relaxed);
      }
      action_(round);
      done_.store(round, std::memory_order_release);
      done_.notify_one();
    }
  }

  std::function<void(std::uint64_t)> action_;
  std::mt19937_64 random_;
  std::uint64_t lateness_max_;
  std::atomic<std::uint64_t> wanted_{0};
  std::atomic<std::uint64_t> done_{0};
  std::thread thread_;
};

// What a round is about. perform() is awaited by the task that is cancelled.
class contest {
 public:
  contest() = default;
  contest(const contest&) = delete;
  contest& operator=(const contest&) = delete;
  virtual ~contest() = default;
  virtual task<void> perform() = 0;
  virtual void fulfil(std::uint64_t round) = 0;
  /// Between rounds, when nothing is pending.
  virtual void tidy_up() {}
};

struct tally {
  std::uint64_t rounds = 0;
  std::uint64_t returned = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t owed = 0;  // Returned, and the next suspension threw.
};

task<void> perform_in(contest& contest, tally& counts) {
  try {
    co_await contest.perform();
    ++counts.returned;
  } catch (const cancelled_error&) {
    ++counts.cancelled;
    throw;
  }
  try {
    co_await yield();
  } catch (const cancelled_error&) {
    ++counts.owed;
    throw;
  }
}

// On a busy machine a round costs several time slices.
constexpr std::chrono::milliseconds time_max(3000);

task<tally> race_in(contest& contest, std::uint64_t rounds) {
  tally counts;
  join_handle<void> performing;
  std::atomic<std::uint64_t> accepted{0};
  contender canceller(
      [&](std::uint64_t) {
        if (performing.cancel()) {
          accepted.fetch_add(1, std::memory_order_relaxed);
        }
      },
      1, 2'000);
  // A cancellation goes through the owner's inbox and the kernel: given the same start, success wins.
  contender fulfiller([&](std::uint64_t round) { contest.fulfil(round); }, 2, 20'000);
  std::uint64_t ended_cancelled = 0;
  const auto end = std::chrono::steady_clock::now() + time_max;
  for (std::uint64_t round = 1; round <= rounds && std::chrono::steady_clock::now() < end;
       ++round) {
    performing = spawn(perform_in(contest, counts));
    if (round % 3 == 0) {
      co_await jackdaw::sleep(std::chrono::microseconds(1));  // Submitted before the race begins.
    }
    canceller.start(round);
    fulfiller.start(round);
    try {
      co_await performing;
    } catch (const cancelled_error&) {
      ++ended_cancelled;
    }
    canceller.finish(round);
    fulfiller.finish(round);
    contest.tidy_up();
    counts.rounds = round;
  }
  EXPECT_EQ(ended_cancelled, accepted.load())
      << "a cancellation that was accepted is delivered, once";
  co_return counts;
}

void print(const tally& counts) {
  std::printf("%llu rounds: returned %llu (%llu of them cancelled afterwards), cancelled %llu\n",
              static_cast<unsigned long long>(counts.rounds),
              static_cast<unsigned long long>(counts.returned),
              static_cast<unsigned long long>(counts.owed),
              static_cast<unsigned long long>(counts.cancelled));
}

const auto rounds_wanted = static_cast<std::uint64_t>(testing::scaled(20'000));

// -- Receiving: bytes delivered plus bytes left are the bytes sent, in order -----------------------------

class receive_contest : public contest {
 public:
  task<void> perform() override {
    std::array<std::byte, 16> into{};
    const result<std::size_t> count = co_await streams_.left.try_read_some(into);
    in_order_ = arriving_.matches(std::span(into).first(*count)) && in_order_;
    delivered_ += *count;
  }
  void fulfil(std::uint64_t round) override {
    std::array<std::byte, 16> bytes{};
    const auto some = std::span(bytes).first(1 + round % bytes.size());
    leaving_.fill(some);
    sent_ += some.size();
    testing::send_now(streams_.right.native_handle(), testing::text_of(some));
  }
  void expect_nothing_lost() {
    // What was sent last may still be on its way.
    std::string left;
    for (int looks = 0; looks < 1'000 && delivered_ + left.size() < sent_; ++looks) {
      left += receive_now(streams_.left.native_handle(), 1U << 20);
      std::this_thread::yield();
    }
    in_order_ = arriving_.matches(bytes_of(left)) && in_order_;
    EXPECT_EQ(delivered_ + left.size(), sent_);
    EXPECT_TRUE(in_order_);
  }

 private:
  stream_pair streams_ = connected_streams();
  testing::byte_pattern leaving_;
  testing::byte_pattern arriving_;
  std::size_t sent_ = 0;
  std::size_t delivered_ = 0;
  bool in_order_ = true;
};

// What was cancelled may have succeeded (P2).
TEST_P(operation_race_test, bytes_received_while_the_receive_is_cancelled_are_delivered_or_stay) {
  receive_contest contest;
  print(run(race_in(contest, rounds_wanted)));
  contest.expect_nothing_lost();
}

// The buffer gets what was received, also when the task is told that it was cancelled.
class fill_contest : public contest {
 public:
  task<void> perform() override { static_cast<void>(co_await reader_.fill()); }
  void fulfil(std::uint64_t round) override {
    std::array<std::byte, 16> bytes{};
    const auto some = std::span(bytes).first(1 + round % bytes.size());
    leaving_.fill(some);
    sent_ += some.size();
    testing::send_now(streams_.right.native_handle(), testing::text_of(some));
  }
  void tidy_up() override {
    // Now and then, so that the reader fills an empty buffer and one that holds something.
    if (++rounds_ % 4 == 0) {
      in_order_ = arriving_.matches(reader_.buffered()) && in_order_;
      delivered_ += reader_.buffered().size();
      reader_.consume(reader_.buffered().size());
    }
  }
  void expect_nothing_lost() {
    rounds_ = 3;
    tidy_up();
    // What was sent last may still be on its way.
    std::string left;
    for (int looks = 0; looks < 1'000 && delivered_ + left.size() < sent_; ++looks) {
      left += receive_now(streams_.left.native_handle(), 1U << 20);
      std::this_thread::yield();
    }
    in_order_ = arriving_.matches(bytes_of(left)) && in_order_;
    EXPECT_EQ(delivered_ + left.size(), sent_);
    EXPECT_TRUE(in_order_);
  }

 private:
  stream_pair streams_ = connected_streams();
  buffered_reader reader_{streams_.left};
  testing::byte_pattern leaving_;
  testing::byte_pattern arriving_;
  std::size_t sent_ = 0;
  std::size_t delivered_ = 0;
  std::uint64_t rounds_ = 0;
  bool in_order_ = true;
};

TEST_P(operation_race_test, bytes_received_while_a_fill_is_cancelled_are_in_the_buffer_or_stay) {
  fill_contest contest;
  print(run(race_in(contest, rounds_wanted)));
  contest.expect_nothing_lost();
}

// -- Sending: what the operation says it has sent is what the peer gets -----------------------------------

class send_contest : public contest {
 public:
  send_contest() {
    std::array<std::byte, 4096> bytes{};
    ssize_t count = 0;
    while (true) {
      testing::byte_pattern next = leaving_;
      next.fill(bytes);
      count = ::send(streams_.left.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (count <= 0) {
        break;
      }
      leaving_.fill(std::span(bytes).first(static_cast<std::size_t>(count)));
      written_ += static_cast<std::size_t>(count);
    }
  }
  task<void> perform() override {
    std::vector<std::byte> bytes(20'000);
    testing::byte_pattern next = leaving_;
    next.fill(bytes);
    const result<std::size_t> count = co_await streams_.left.try_write_some(bytes);
    leaving_.fill(std::span(bytes).first(*count));
    written_ += *count;
  }
  void fulfil(std::uint64_t round) override { read_some(1000 + round % 20'000); }
  void expect_nothing_lost() {
    while (read_some(65536) > 0) {
    }
    EXPECT_EQ(received_, written_);
    EXPECT_TRUE(in_order_);
  }

 private:
  std::size_t read_some(std::size_t count) {
    const std::string some = receive_now(streams_.right.native_handle(), count);
    in_order_ = arriving_.matches(bytes_of(some)) && in_order_;
    received_ += some.size();
    return some.size();
  }

  stream_pair streams_ = testing::local_streams();
  testing::byte_pattern leaving_;
  testing::byte_pattern arriving_;
  std::size_t written_ = 0;
  std::size_t received_ = 0;
  bool in_order_ = true;
};

TEST_P(operation_race_test, a_send_that_is_cancelled_half_way_returns_what_it_has_sent) {
  send_contest contest;
  print(run(race_in(contest, rounds_wanted / 4)));
  contest.expect_nothing_lost();
}

// -- Accepting: each connection is accepted, or waits; none is open and owned by nobody (P3) ---------------

class accept_contest : public contest {
 public:
  task<void> perform() override {
    const result<tcp_stream> accepted = co_await listener_.try_accept();
    accepted_ += accepted.ok() ? 1 : 0;
  }
  void fulfil(std::uint64_t /*round*/) override {
    auto client = socket::open(AF_INET, SOCK_STREAM);
    const address there = listener_.local_address();
    static_cast<void>(::connect(client.native_handle(), there.raw(), there.length()));
    ++connected_;
    // It ends with a reset, and leaves no port behind in TIME_WAIT.
    const linger at_once{1, 0};
    ::setsockopt(client.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  void expect_nothing_lost() {
    std::size_t waiting = 0;
    while (true) {
      const file_descriptor next(
          accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!next) {
        break;
      }
      ++waiting;
    }
    EXPECT_EQ(accepted_ + waiting, connected_);
  }

 private:
  static tcp_listener deep_listener() {
    listen_options options;
    options.backlog = 4096;
    return tcp_listener::bind(address::loopback(0), options);
  }

  tcp_listener listener_ = deep_listener();
  std::size_t connected_ = 0;
  std::size_t accepted_ = 0;
};

TEST_P(operation_race_test,
       a_connection_that_arrives_while_the_accept_is_cancelled_is_accepted_or_waits) {
  accept_contest contest;
  print(run(race_in(contest, rounds_wanted / 2)));
  contest.expect_nothing_lost();
}

// -- Waits of two kinds, one after the other ------------------------------------------------------------------

// A canceller that saw the task in a wait of one kind must not end the next wait in that kind's way: the
// kernel would still own an operation whose frame goes on.
task<void> wait_in_turns(stream_pair& streams, std::atomic<bool>& over, std::uint64_t& swallowed) {
  std::array<std::byte, 1> into{};
  for (unsigned turn = 0; !over.load(std::memory_order_relaxed); ++turn) {
    try {
      if (turn % 2 == 0) {
        co_await jackdaw::sleep(std::chrono::microseconds(turn % 20));
      } else {
        static_cast<void>(co_await streams.left.try_read_some(into));
      }
    } catch (const cancelled_error&) {
      ++swallowed;
    }
  }
}

task<void> cancel_between_waits(std::chrono::milliseconds time) {
  auto streams = connected_streams();
  std::atomic<bool> over{false};
  std::uint64_t swallowed = 0;
  auto waiter = spawn(wait_in_turns(streams, over, swallowed));
  std::atomic<bool> stop_cancelling{false};
  std::thread canceller([&] {
    auto random = testing::random_numbers(3);
    while (!stop_cancelling.load(std::memory_order_relaxed)) {
      waiter.cancel();
      std::atomic<std::uint64_t> spun{0};
      for (const std::uint64_t end = random() % 3000; spun.load(std::memory_order_relaxed) < end;) {
        spun.fetch_add(1, std::memory_order_relaxed);
      }
    }
  });
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    if (::send(streams.right.native_handle(), "x", 1, MSG_DONTWAIT) < 0) {
      static_cast<void>(receive_now(streams.left.native_handle()));
    }
    co_await jackdaw::sleep(std::chrono::microseconds(20));
  }
  stop_cancelling.store(true);
  canceller.join();
  over.store(true);
  while (!waiter.done()) {
    waiter.cancel();
    co_await jackdaw::sleep(std::chrono::microseconds(100));
  }
  try {
    co_await waiter;
  } catch (const cancelled_error&) {
    ++swallowed;
  }
  EXPECT_GT(swallowed, 0U);
}

// A late cancellation must not hit what comes next (P4).
TEST_P(operation_race_test,
       a_cancellation_meant_for_one_wait_never_breaks_the_next_of_another_kind) {
  run(cancel_between_waits(std::chrono::milliseconds(1500)));
}

}  // namespace
}  // namespace jackdaw::io
