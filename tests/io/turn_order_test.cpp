// tests/io/turn_order_test.cpp
//
// Goal: one turn of the asyncio loop is [what was ready] [I/O] [due timers], on every backend (S3): a
// driver hands over what it finds, and the order is the loop's. Method: traces; everything that has to
// come in one turn is made to happen while the loop is kept busy.
#include "../support/io_runtimes.hpp"
#include "../support/trace.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/tcp_stream.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::connected_streams;
using testing::io_test;
using testing::send_now;
using testing::trace;

class turn_order_test : public io_test {};
JACKDAW_OVER_IO(turn_order_test, testing::loop_kinds());

task<void> some_turns(int count) {
  for (int turn = 0; turn < count; ++turn) {
    co_await yield();
  }
}

// Keeps the loop from turning until all that was armed before is due.
void be_busy_for(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

task<void> note_readable(int descriptor, trace& log) {
  static_cast<void>(co_await readable(descriptor));
  log.add("io");
}

task<void> note_received(tcp_stream& stream, trace& log, const char* word) {
  std::array<std::byte, 8> into{};
  static_cast<void>(co_await stream.read_some(into));
  log.add(word);
}

task<void> note_filled(tcp_stream& stream, trace& log) {
  buffered_reader reader(stream);
  static_cast<void>(co_await reader.fill());
  log.add("io");
}

task<void> note_accepted(tcp_listener& listener, trace& log) {
  static_cast<void>(co_await listener.accept());
  log.add("io");
}

task<void> note_timer(std::chrono::milliseconds wait, trace& log, const char* word) {
  co_await jackdaw::sleep(wait);
  log.add(word);
}

task<void> note_ready(trace& log) {
  log.add("ready");
  co_return;
}

enum class source { poll, receive, receive_lent, accept };

task<std::string> one_turn(source kind) {
  trace log;
  auto pipe = testing::make_pipe();
  auto streams = connected_streams();
  auto listener = tcp_listener::bind(address::loopback(0));
  auto client = socket::open(AF_INET, SOCK_STREAM);
  join_handle<void> waiting;
  switch (kind) {
    case source::poll:
      waiting = spawn(note_readable(pipe.reads.get(), log));
      break;
    case source::receive:
      waiting = spawn(note_received(streams.left, log, "io"));
      break;
    case source::receive_lent:
      waiting = spawn(note_filled(streams.left, log));
      break;
    case source::accept:
      waiting = spawn(note_accepted(listener, log));
      break;
  }
  auto timer = spawn(note_timer(2ms, log, "timer"));
  co_await some_turns(5);

  // All in one turn: a timer that is due, I/O that has happened, and a task that is ready already.
  be_busy_for(4ms);
  send_now(pipe.writes.get(), "x");
  send_now(streams.right.native_handle(), "x");
  const address there = listener.local_address();
  static_cast<void>(::connect(client.native_handle(), there.raw(), there.length()));
  auto ready = spawn(note_ready(log));
  co_await yield();
  log.add("next");
  co_await waiting;
  co_await timer;
  co_await ready;
  co_return log.text();
}

// "ready" and this task itself were queued before the turn began; "next" is this task, in that turn.
TEST_P(turn_order_test, what_was_ready_comes_before_io_and_io_before_due_timers) {
  for (const source kind : {source::poll, source::receive, source::receive_lent, source::accept}) {
    EXPECT_EQ(run(one_turn(kind)), "ready next io timer") << "source " << static_cast<int>(kind);
  }
}

// Timers of one turn are in the order of their deadlines, however the I/O lies among them.
task<std::string> several_timers() {
  trace log;
  auto streams = connected_streams();
  auto io = spawn(note_received(streams.left, log, "io"));
  auto third = spawn(note_timer(3ms, log, "t3"));
  auto first = spawn(note_timer(1ms, log, "t1"));
  auto second = spawn(note_timer(2ms, log, "t2"));
  co_await some_turns(5);
  be_busy_for(6ms);
  send_now(streams.right.native_handle(), "x");
  co_await io;
  co_await gather(some_turns(3));
  co_await first;
  co_await second;
  co_await third;
  co_return log.text();
}

TEST_P(turn_order_test, timers_that_are_due_at_once_come_after_all_io_by_deadline) {
  EXPECT_EQ(run(several_timers()), "io t1 t2 t3");
}

// Readiness that nobody consumes ends each wait in the next turn, never in the same one: others run between.
task<std::string> wait_again_and_again() {
  trace log;
  auto pipe = testing::make_pipe();
  send_now(pipe.writes.get(), "unread");
  struct other {
    static task<void> run(trace& log) {
      for (int turn = 0; turn < 3; ++turn) {
        co_await yield();
        log.add("other");
      }
    }
  };
  auto beside = spawn(other::run(log));
  co_await yield();
  for (int turn = 0; turn < 3; ++turn) {
    static_cast<void>(co_await readable(pipe.reads.get()));
    log.add("readable");
  }
  co_await beside;
  co_return log.text();
}

TEST_P(turn_order_test, readiness_that_stays_gives_way_to_others_every_time) {
  EXPECT_EQ(run(wait_again_and_again()), "other readable other readable other readable");
}

}  // namespace
}  // namespace jackdaw::io
