// tests/io/asyncio/pipe_transports_test.cpp
//
// Goal: what goes through a pipe is not lost, whatever fills up meanwhile; a pipe is closed with its transport,
// also one that nobody closed. Method: both ends as transports. The order of callbacks is that of the
// conformance case of this name.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/pipe_transports.hpp>
#include <jackdaw/io/pipe.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::protocol_trace;

class pipe_transports_test : public testing::io_test {};
JACKDAW_OVER_IO(pipe_transports_test, testing::loop_kinds());

const auto make_trace = [] { return std::make_shared<protocol_trace>(); };

/// Keeps what comes, without a word per piece.
class collector : public protocol {
 public:
  void data_received(std::string_view data) override { all.append(data); }
  void connection_lost(std::exception_ptr error) override {
    EXPECT_EQ(error, nullptr);
    lost.set_result();
  }
  std::string all;
  const future<void> lost{get_running_loop()};
};

const auto make_collector = [] { return std::make_shared<collector>(); };

task<> more_than_fits() {
  pipe_ends ends = make_pipe();
  auto [reads, collects] = co_await connect_read_pipe(make_collector, ends.reader.release());
  auto [writes, told] = co_await connect_write_pipe(make_trace, ends.writer.release());
  testing::byte_pattern pattern;
  std::string sent(3'000'000, ' ');
  pattern.fill(std::as_writable_bytes(std::span(sent)));
  writes->write(sent);
  writes->close();
  EXPECT_GT(writes->get_write_buffer_size(), 0U);
  co_await collects->lost;
  EXPECT_EQ(collects->all, sent);
  EXPECT_EQ(told->log, "made pause resume lost:None");
}

TEST_P(pipe_transports_test, what_does_not_fit_is_sent_before_the_end) { run(more_than_fits()); }

task<std::pair<bool, bool>> wrong_ends() {
  pipe_ends ends = make_pipe();
  auto [reads, first] = co_await connect_read_pipe(make_trace, ends.reader.release());
  auto [writes, second] = co_await connect_write_pipe(make_trace, ends.writer.release());
  bool wrote = true;
  bool paused = true;
  try {
    reads->write("x");
  } catch (const std::logic_error&) {
    wrote = false;
  }
  try {
    writes->pause_reading();
  } catch (const std::logic_error&) {
    paused = false;
  }
  writes->close();
  reads->close();
  co_await let_turns_pass(2);
  co_return std::pair<bool, bool>(wrote, paused);
}

TEST_P(pipe_transports_test, an_end_refuses_what_the_other_end_does) {
  EXPECT_EQ(run(wrong_ends()), (std::pair<bool, bool>(false, false)));
}

task<> left_open() {
  pipe_ends ends = make_pipe();
  auto [reads, first] = co_await connect_read_pipe(make_trace, ends.reader.release());
  auto [writes, second] = co_await connect_write_pipe(make_trace, ends.writer.release());
  writes->write(std::string(200'000, 'x'));
  first->transport = nullptr;
}

// The fixture counts descriptors and frames.
TEST_P(pipe_transports_test, the_loop_closes_what_is_left_open) { run(left_open()); }

task<bool> cancelled_while_connecting() {
  pipe_ends ends = make_pipe();
  auto connecting = spawn(connect_read_pipe(make_trace, ends.reader.release()));
  co_await yield();
  connecting.cancel();
  bool cancelled = false;
  try {
    co_await connecting;
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  co_await let_turns_pass(2);
  co_return cancelled;
}

TEST_P(pipe_transports_test, a_cancelled_connect_closes_the_pipe) {
  EXPECT_TRUE(run(cancelled_while_connecting()));
}

}  // namespace
}  // namespace jackdaw::io::asyncio
