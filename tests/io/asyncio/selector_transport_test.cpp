// tests/io/asyncio/selector_transport_test.cpp
//
// Goal: flow control and the end of a transport, as CPython's rules S203 to S208 say: once, from the loop, after
// what was written, or without it. Method: local sockets with a peer that reads when the test wants it to.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/selector_transport.hpp>
#include <jackdaw/runtime/exceptions.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::protocol_trace;
using testing::receive_now;
using testing::socket_and_peer;

class selector_transport_test : public testing::io_test {};
JACKDAW_OVER_IO(selector_transport_test, testing::loop_kinds());

const auto make_trace = [] { return std::make_shared<protocol_trace>(); };

// Until something stays in the buffer.
std::size_t fill(transport& writes) {
  std::size_t total = 0;
  while (writes.get_write_buffer_size() == 0) {
    writes.write(std::string(4096, 'x'));
    total += 4096;
  }
  return total;
}

task<std::size_t> read_until_quiet(int peer) {
  std::size_t total = 0;
  for (int quiet = 0; quiet < 5;) {
    const std::size_t count = receive_now(peer).size();
    total += count;
    quiet = count == 0 ? quiet + 1 : 0;
    co_await yield();
  }
  co_return total;
}

task<std::string> close_with_full_buffer() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  const std::size_t written = fill(*made);
  made->close();
  made->close();
  EXPECT_EQ(told->log, "made");
  const std::size_t read = co_await read_until_quiet(ends.peer());
  EXPECT_EQ(read, written);
  co_return told->log;
}

TEST_P(selector_transport_test, close_sends_what_is_buffered_and_then_tells) {  // S203
  EXPECT_EQ(run(close_with_full_buffer()), "made lost:None");
}

task<std::string> abort_with_full_buffer() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  const std::size_t written = fill(*made);
  made->abort();
  made->abort();
  EXPECT_EQ(made->get_write_buffer_size(), 0U);
  EXPECT_EQ(told->log, "made");
  co_await yield();
  const std::size_t read = co_await read_until_quiet(ends.peer());
  EXPECT_LT(read, written);
  co_return told->log;
}

TEST_P(selector_transport_test, abort_drops_what_is_buffered_and_then_tells) {  // S204
  EXPECT_EQ(run(abort_with_full_buffer()), "made lost:None");
}

task<std::string> write_to_one_that_left() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  made->pause_reading();
  ends.pair.right.close();
  made->write("nobody reads this");
  EXPECT_EQ(told->log, "made");
  EXPECT_TRUE(made->is_closing());
  for (int write = 0; write < 6; ++write) {
    made->write("nor this");
  }
  co_await yield();
  co_return told->log;
}

TEST_P(selector_transport_test, a_write_that_fails_is_told_by_the_loop) {  // S206, S207
  expect_failures();
  const std::string log = run(write_to_one_that_left());
  EXPECT_TRUE(log.starts_with("made lost:send")) << log;
  // From the fifth write after the loss on.
  EXPECT_NE(failures().text().find("socket.send() raised exception."), std::string::npos);
}

task<> limits_of_a_transport() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  EXPECT_EQ(made->get_write_buffer_limits(), (write_buffer_limits{16384, 65536}));
  made->set_write_buffer_limits(100);
  EXPECT_EQ(made->get_write_buffer_limits(), (write_buffer_limits{25, 100}));
  made->set_write_buffer_limits({}, 100);
  EXPECT_EQ(made->get_write_buffer_limits(), (write_buffer_limits{100, 400}));
  EXPECT_THROW(made->set_write_buffer_limits(1, 2), std::invalid_argument);
  made->close();
}

TEST_P(selector_transport_test, limits_have_asyncios_defaults) { run(limits_of_a_transport()); }

struct aborts_when_resumed : protocol_trace {
  void resume_writing() override {
    protocol_trace::resume_writing();
    transport->abort();
  }
};

task<std::string> abort_in_resume_writing() {
  socket_and_peer ends;
  const auto factory = [] { return std::make_shared<aborts_when_resumed>(); };
  auto [made, told] = co_await create_connection(factory, ends.take());
  made->set_write_buffer_limits(0);
  fill(*made);
  co_await read_until_quiet(ends.peer());
  co_return told->log;
}

TEST_P(selector_transport_test, the_end_is_told_once_whoever_asked_for_it_when) {
  EXPECT_EQ(run(abort_in_resume_writing()), "made pause resume lost:None");
}

struct fails_to_pause : protocol_trace {
  void pause_writing() override { throw std::runtime_error("no pause"); }
  void resume_writing() override { throw std::runtime_error("no resumption"); }
};

task<bool> protocol_that_cannot_pause() {
  socket_and_peer ends;
  const auto factory = [] { return std::make_shared<fails_to_pause>(); };
  auto [made, told] = co_await create_connection(factory, ends.take());
  made->set_write_buffer_limits(0);
  fill(*made);
  co_await read_until_quiet(ends.peer());
  const bool lives = !made->is_closing();
  made->close();
  co_await yield();
  co_return lives;
}

TEST_P(selector_transport_test, a_protocol_that_cannot_pause_is_reported_and_goes_on) {
  expect_failures();
  EXPECT_TRUE(run(protocol_that_cannot_pause()));
  EXPECT_NE(failures().text().find("protocol.pause_writing() failed"), std::string::npos);
  EXPECT_NE(failures().text().find("protocol.resume_writing() failed"), std::string::npos);
}

std::shared_ptr<transport> left_open;

task<> leave_open() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  left_open = made;
}

TEST_P(selector_transport_test, one_that_outlives_its_loop_is_closed_and_does_nothing) {
  run(leave_open());
  const auto held = std::move(left_open);
  EXPECT_TRUE(held->is_closing());
  EXPECT_EQ(held->get_extra_info().socket, -1);
  held->write("into the void");
  held->close();
  held->abort();
  EXPECT_EQ(held->get_write_buffer_size(), 0U);
}

TEST(is_os_error_test, what_the_kernel_says_is_no_mistake_of_the_program) {
  EXPECT_TRUE(is_os_error(std::make_exception_ptr(error(EPIPE, "send"))));
  EXPECT_TRUE(is_os_error(std::make_exception_ptr(timeout_error())));
  EXPECT_FALSE(is_os_error(std::make_exception_ptr(std::runtime_error("mine"))));
  EXPECT_FALSE(is_os_error(nullptr));
}

}  // namespace
}  // namespace jackdaw::io::asyncio
