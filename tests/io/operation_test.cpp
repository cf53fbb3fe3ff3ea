// tests/io/operation_test.cpp
//
// Goal: a cancellation, at whatever moment of whatever operation, ends the task and loses nothing: no
// byte, no connection, no descriptor. An operation that succeeded nevertheless returns its result, and
// the cancellation is delivered at the next suspension.
// Method: a rig per operation, which knows how to make it succeed from outside and what must be there
// in the end; a grid of moments, counted in turns, for the success and for the cancellation. The
// asyncio loop meets each pair of moments in exactly one way, the pools in many.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/accept.hpp>
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::connected_streams;
using testing::io_test;
using testing::make_pipe;
using testing::pipe_ends;
using testing::receive_now;
using testing::send_now;
using testing::stream_pair;

// -- One rig per operation --------------------------------------------------------------------------

class rig {
 public:
  rig() = default;
  rig(const rig&) = delete;
  rig& operator=(const rig&) = delete;
  virtual ~rig() = default;

  /// Awaits the operation once, and keeps what it gave.
  virtual task<void> perform() = 0;
  /// Makes a pending one succeed. At most once.
  virtual void fulfil() = 0;
  /// What is missing now that all is over: "" if everything sent has been received, or can be.
  virtual std::string loss() = 0;
};

constexpr std::string_view message = "some bytes";

std::string difference(std::string_view received, bool sent) {
  const std::string_view expected = sent ? message : std::string_view();
  return received == expected
             ? ""
             : "expected \"" + std::string(expected) + "\", got \"" + std::string(received) + "\"";
}

class receive_rig : public rig {
 public:
  task<void> perform() override {
    const result<std::size_t> count = co_await streams_.left.try_read_some(into_);
    received_ = testing::text_of(std::span(into_).first(*count));
  }
  void fulfil() override {
    send_now(streams_.right.native_handle(), message);
    sent_ = true;
  }
  std::string loss() override {
    return difference(received_ + receive_now(streams_.left.native_handle()), sent_);
  }

 private:
  stream_pair streams_ = connected_streams();
  std::array<std::byte, 64> into_{};
  std::string received_;
  bool sent_ = false;
};

class receive_lent_rig : public rig {
 public:
  task<void> perform() override {
    const result<std::size_t> count = co_await reader_.fill();
    EXPECT_EQ(*count, reader_.buffered().size());
  }
  void fulfil() override {
    send_now(streams_.right.native_handle(), message);
    sent_ = true;
  }
  std::string loss() override {
    // Also of a fill() that was cancelled: what it received is in the buffer.
    const std::string buffered = testing::text_of(reader_.buffered());
    return difference(buffered + receive_now(streams_.left.native_handle()), sent_);
  }

 private:
  stream_pair streams_ = connected_streams();
  buffered_reader reader_{streams_.left};
  bool sent_ = false;
};

// The socket's buffers are full, until the peer reads.
class send_rig : public rig {
 public:
  send_rig() {
    const std::string text(65536, 'f');
    ssize_t count = 0;
    while ((count = ::send(streams_.left.native_handle(), text.data(), text.size(), MSG_DONTWAIT)) >
           0) {
      filled_ += static_cast<std::size_t>(count);
    }
  }
  task<void> perform() override {
    const result<std::size_t> count = co_await streams_.left.try_write_some(bytes_of(message));
    written_ = *count;
  }
  void fulfil() override { read_all(); }
  std::string loss() override {
    streams_.left.close();
    while (!ended_) {
      read_all();
    }
    const std::string expected =
        std::string(filled_, 'f') + std::string(message.substr(0, written_));
    return received_ == expected
               ? ""
               : std::to_string(filled_) + " + " + std::to_string(written_) + " bytes sent, " +
                     std::to_string(received_.size()) + " received";
  }

 private:
  void read_all() {
    std::array<char, 65536> piece{};
    ssize_t count = 0;
    while ((count = ::recv(streams_.right.native_handle(), piece.data(), piece.size(),
                           MSG_DONTWAIT)) > 0) {
      received_.append(piece.data(), static_cast<std::size_t>(count));
    }
    ended_ = count == 0;
  }

  stream_pair streams_ = testing::local_streams();
  std::size_t filled_ = 0;
  std::size_t written_ = 0;
  std::string received_;
  bool ended_ = false;
};

class accept_rig : public rig {
 public:
  task<void> perform() override {
    result<tcp_stream> accepted = co_await listener_.try_accept();
    accepted_ = std::move(*accepted);
  }
  void fulfil() override {
    client_ = socket::open(AF_INET, SOCK_STREAM);
    const address there = listener_.local_address();
    static_cast<void>(::connect(client_.native_handle(), there.raw(), there.length()));
  }
  std::string loss() override {
    if (!client_ || accepted_) {
      return {};
    }
    const file_descriptor waiting(
        accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
    return waiting ? "" : "the connection is neither accepted nor waiting";
  }

 private:
  tcp_listener listener_ = tcp_listener::bind(address::loopback(0));
  socket client_;
  tcp_stream accepted_;
};

// The queue of the listener is full, so a connection waits until somebody accepts.
class connect_rig : public rig {
 public:
  connect_rig() {
    const address there = listener_.local_address();
    // A backlog of 0 holds one connection; the kernel drops what comes beyond it.
    waiting_ = socket::open(AF_INET, SOCK_STREAM);
    static_cast<void>(::connect(waiting_.native_handle(), there.raw(), there.length()));
    pollfd entry{waiting_.native_handle(), POLLOUT, 0};
    static_cast<void>(::poll(&entry, 1, 10'000));
  }
  task<void> perform() override {
    connected_ = co_await tcp_stream::connect(listener_.local_address());
  }
  // The retry of the dropped request comes a second later: too late for any test. Refused at once instead.
  void fulfil() override {}
  std::string loss() override { return {}; }

 private:
  static tcp_listener full_listener() {
    listen_options options;
    options.backlog = 0;
    return tcp_listener::bind(address::loopback(0), options);
  }

  tcp_listener listener_ = full_listener();
  socket waiting_;
  tcp_stream connected_;
};

request pipe_request(opcode code, int descriptor, void* memory, std::size_t length) {
  request wanted;
  wanted.code = code;
  wanted.descriptor = descriptor;
  wanted.memory = memory;
  wanted.length = length;
  return wanted;
}

class read_rig : public rig {
 public:
  task<void> perform() override {
    transfer_operation reading(
        pipe_request(opcode::read, pipe_.reads.get(), into_.data(), into_.size()), "read");
    const result<std::size_t> count = co_await reading;
    received_.assign(into_.data(), *count);
  }
  void fulfil() override {
    send_now(pipe_.writes.get(), message);
    sent_ = true;
  }
  std::string loss() override {
    return difference(received_ + receive_now(pipe_.reads.get()), sent_);
  }

 private:
  pipe_ends pipe_ = make_pipe();
  std::array<char, 64> into_{};
  std::string received_;
  bool sent_ = false;
};

class write_rig : public rig {
 public:
  write_rig() {
    const std::string text(4096, 'f');
    while (::write(pipe_.writes.get(), text.data(), text.size()) > 0) {
      filled_ += text.size();
    }
  }
  task<void> perform() override {
    auto* const memory = const_cast<char*>(message.data());
    transfer_operation writing(
        pipe_request(opcode::write, pipe_.writes.get(), memory, message.size()), "write");
    const result<std::size_t> count = co_await writing;
    written_ = *count;
  }
  void fulfil() override { received_ += receive_now(pipe_.reads.get(), 65536); }
  std::string loss() override {
    pipe_.writes.close();
    for (std::string more = receive_now(pipe_.reads.get()); !more.empty();
         more = receive_now(pipe_.reads.get())) {
      received_ += more;
    }
    const std::string expected =
        std::string(filled_, 'f') + std::string(message.substr(0, written_));
    return received_ == expected ? "" : "the pipe holds something else";
  }

 private:
  pipe_ends pipe_ = make_pipe();
  std::size_t filled_ = 0;
  std::size_t written_ = 0;
  std::string received_;
};

class poll_rig : public rig {
 public:
  task<void> perform() override {
    const int events = co_await readable(pipe_.reads.get());
    EXPECT_EQ(events, POLLIN);
  }
  void fulfil() override {
    send_now(pipe_.writes.get(), message);
    sent_ = true;
  }
  std::string loss() override { return difference(receive_now(pipe_.reads.get()), sent_); }

 private:
  pipe_ends pipe_ = make_pipe();
  bool sent_ = false;
};

template <class Rig>
std::unique_ptr<rig> make_rig() {
  return std::make_unique<Rig>();
}

struct rig_row {
  const char* name;
  std::unique_ptr<rig> (*make)();
  bool can_succeed = true;
};

const std::vector<rig_row>& rigs() {
  static const std::vector<rig_row> all = {
      {"receive", &make_rig<receive_rig>}, {"receive_lent", &make_rig<receive_lent_rig>},
      {"send", &make_rig<send_rig>},       {"accept", &make_rig<accept_rig>},
      {"read", &make_rig<read_rig>},       {"write", &make_rig<write_rig>},
      {"poll", &make_rig<poll_rig>},       {"connect", &make_rig<connect_rig>, false},
  };
  return all;
}

// -- What happens to a task that performs one ----------------------------------------------------------

struct journey {
  bool begun = false;
  bool returned = false;   // The operation returned a result.
  bool cancelled = false;  // The operation threw cancelled_error.
  bool went_on = false;    // The suspension after it returned.
};

task<void> travel(rig& rig, journey& log) {
  log.begun = true;
  try {
    co_await rig.perform();
    log.returned = true;
  } catch (const cancelled_error&) {
    log.cancelled = true;
    throw;
  }
  co_await yield();  // A cancellation that is owed is delivered here.
  log.went_on = true;
}

constexpr int turn_never = 99;
constexpr int turns = 6;

// One turn of the loop. A pool asks its driver only now and then while there is something to run: every
// other round it is made to sleep, and so to submit and to reap.
task<void> next_turn(int round) {
  if (round % 2 == 0) {
    co_await yield();
  } else {
    co_await jackdaw::sleep(std::chrono::microseconds(1));
  }
}

std::string moments(const char* name, int success_turn, int cancel_turn) {
  return std::string(name) + ": success in turn " + std::to_string(success_turn) +
         ", cancelled in turn " + std::to_string(cancel_turn);
}

task<void> meet(const rig_row& row, int success_turn, int cancel_turn, int round) {
  const std::string where = moments(row.name, success_turn, cancel_turn);
  const auto rig = row.make();
  journey log;
  auto traveller = spawn(travel(*rig, log));
  bool accepted = false;
  for (int turn = 0; turn < turns; ++turn) {
    if (turn == success_turn) {
      rig->fulfil();
    }
    if (turn == cancel_turn) {
      accepted = traveller.cancel();
    }
    co_await next_turn(round);
  }
  bool ended_cancelled = false;
  try {
    co_await traveller;
  } catch (const cancelled_error&) {
    ended_cancelled = true;
  }
  EXPECT_EQ(ended_cancelled, accepted) << where;
  EXPECT_FALSE(log.returned && log.cancelled) << where;
  if (log.begun && success_turn == turn_never) {
    EXPECT_TRUE(log.cancelled) << where;
  }
  if (cancel_turn == turn_never) {
    EXPECT_TRUE(log.returned) << where;
    EXPECT_TRUE(log.went_on) << where;
  }
  EXPECT_EQ(rig->loss(), "") << where;
}

class operation_test : public io_test {};
JACKDAW_OVER_IO(operation_test, testing::all_io_kinds());

task<void> meet_at_all_moments(int rounds) {
  for (const rig_row& row : rigs()) {
    const int rounds_here = row.can_succeed ? rounds : 2;
    for (int round = 0; round < rounds_here; ++round) {
      for (int cancel_turn = 0; cancel_turn < turns - 1; ++cancel_turn) {
        for (int success_turn = 0; row.can_succeed && success_turn < turns - 1; ++success_turn) {
          co_await meet(row, success_turn, cancel_turn, round);
        }
        co_await meet(row, turn_never, cancel_turn, round);
      }
      for (int success_turn = 0; row.can_succeed && success_turn < turns - 1; ++success_turn) {
        co_await meet(row, success_turn, turn_never, round);
      }
    }
  }
}

TEST_P(operation_test,
       a_cancellation_at_any_moment_of_any_operation_ends_the_task_and_loses_nothing) {
  run(meet_at_all_moments(GetParam().is_loop() ? 1 : testing::scaled(6)));
}

// The cancellation is due already when the operation begins.
task<void> cancels_itself_first(rig& rig, journey& log) {
  this_task::cancel();
  co_await travel(rig, log);
}

task<void> meet_itself() {
  for (const rig_row& row : rigs()) {
    for (const bool succeeds_first : {false, true}) {
      const auto rig = row.make();
      journey log;
      if (succeeds_first) {
        rig->fulfil();
      }
      auto traveller = spawn(cancels_itself_first(*rig, log));
      bool ended_cancelled = false;
      try {
        co_await traveller;
      } catch (const cancelled_error&) {
        ended_cancelled = true;
      }
      EXPECT_TRUE(ended_cancelled) << row.name;
      EXPECT_FALSE(log.went_on) << row.name;
      EXPECT_EQ(rig->loss(), "") << row.name;
    }
  }
}

TEST_P(operation_test,
       a_cancellation_that_is_due_when_an_operation_begins_is_delivered_by_it_or_after_it) {
  run(meet_itself());
}

task<void> cancel_many_times() {
  for (const rig_row& row : rigs()) {
    const auto rig = row.make();
    journey log;
    auto traveller = spawn(travel(*rig, log));
    for (int turn = 0; turn < turns; ++turn) {
      co_await yield();
    }
    for (int times = 0; times < 3; ++times) {
      EXPECT_TRUE(traveller.cancel()) << row.name;
    }
    bool ended_cancelled = false;
    try {
      co_await traveller;
    } catch (const cancelled_error&) {
      ended_cancelled = true;
    }
    // In a pool it may not have begun to run yet: then it never does.
    EXPECT_TRUE(ended_cancelled) << row.name;
    EXPECT_EQ(rig->loss(), "") << row.name;
  }
}

TEST_P(operation_test, cancelling_an_operation_again_and_again_is_cancelling_it_once) {
  run(cancel_many_times());
}

// A cancellation that is swallowed ends one wait only: the next operation works.
task<void> perform_after_a_cancellation(stream_pair& streams, event& begun, event& swallowed) {
  std::array<std::byte, 16> into{};
  bool cancelled = false;
  begun.set();
  try {
    static_cast<void>(co_await streams.left.read_some(into));
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  EXPECT_TRUE(cancelled);
  swallowed.set();
  const std::size_t count = co_await streams.left.read_some(into);
  EXPECT_EQ(testing::text_of(std::span(into).first(count)), "after");
}

task<void> cancel_and_go_on() {
  auto streams = connected_streams();
  event begun;
  event swallowed;
  auto reader = spawn(perform_after_a_cancellation(streams, begun, swallowed));
  co_await begun.wait();
  reader.cancel();
  co_await swallowed.wait();
  send_now(streams.right.native_handle(), "after");
  co_await reader;
}

// The next operation may have the same address (P4).
TEST_P(operation_test, the_operation_after_a_swallowed_cancellation_is_not_touched_by_it) {
  run(cancel_and_go_on());
}

// -- Awaiting late, and not at all ---------------------------------------------------------------------

task<void> await_late() {
  auto streams = connected_streams();
  std::array<std::byte, 16> into{};
  auto reading = streams.left.try_read_some(into);
  auto moved = std::move(reading);
  send_now(streams.right.native_handle(), "late");
  co_await yield();
  const result<std::size_t> count = co_await std::move(moved);
  EXPECT_EQ(*count, 4U);
  const auto never_awaited = streams.left.try_read_some(into);
  static_cast<void>(never_awaited);
}

// Its message headers and addresses move with it, before it begins (P33).
TEST_P(operation_test, an_operation_may_be_moved_and_awaited_later_or_never) { run(await_late()); }

// -- When a frame is destroyed between the end of an operation and its resumption ----------------------

// Fetches nothing, as that frame does.
class unfetched_accept final : public operation {
 public:
  explicit unfetched_accept(file_descriptor& listening) noexcept
      : operation(accept_request(listening)) {}
  ~unfetched_accept() = default;
  void await_resume() noexcept {}
};

task<void> accept_and_fetch_nothing() {
  auto listener = tcp_listener::bind(address::loopback(0));
  const auto client = socket::open(AF_INET, SOCK_STREAM);
  const address there = listener.local_address();
  static_cast<void>(::connect(client.native_handle(), there.raw(), there.length()));
  unfetched_accept accepting(listener.raw_socket().descriptor());
  co_await accepting;
}

// An accept may have made a descriptor that nobody closes (P3).
TEST_P(operation_test, an_accepted_connection_that_nobody_fetched_is_closed) {
  run(accept_and_fetch_nothing());
}

}  // namespace
}  // namespace jackdaw::io
