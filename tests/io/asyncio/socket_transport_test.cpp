// tests/io/asyncio/socket_transport_test.cpp
//
// Goal: a stream's transport reads, writes and ends as CPython's does (S200 to S214). Method: local sockets, a
// protocol that writes down what is called, and turns that are counted.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/socket_transport.hpp>
#include <jackdaw/runtime/exceptions.hpp>

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::protocol_trace;
using testing::receive_now;
using testing::send_now;
using testing::socket_and_peer;

class socket_transport_test : public testing::io_test {};
JACKDAW_OVER_IO(socket_transport_test, testing::loop_kinds());

const auto make_trace = [] { return std::make_shared<protocol_trace>(); };

task<std::string> whole_life(bool keeps_open) {
  socket_and_peer ends;
  send_now(ends.peer(), "early");
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  EXPECT_EQ(told->log, "made");  // S200: what is there already waits.
  told->keeps_open = keeps_open;
  co_await let_turns_pass(2);
  ends.pair.right.shutdown_write();
  co_await let_turns_pass(4);
  EXPECT_EQ(made->is_closing(), !keeps_open);
  if (keeps_open) {
    made->write("answer");
    made->close();
    co_await yield();
    EXPECT_EQ(receive_now(ends.peer()), "answer");
  }
  co_return told->log;
}

TEST_P(socket_transport_test, made_data_eof_lost) {  // S201, S202
  EXPECT_EQ(run(whole_life(false)), "made data:early eof lost:None");
  EXPECT_EQ(run(whole_life(true)), "made data:early eof lost:None");
}

task<std::string> paused() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  made->pause_reading();
  made->pause_reading();
  EXPECT_FALSE(made->is_reading());
  send_now(ends.peer(), "later");
  co_await let_turns_pass(3);
  told->add("resume");
  made->resume_reading();
  made->resume_reading();
  co_await let_turns_pass(2);
  made->close();
  made->resume_reading();
  EXPECT_FALSE(made->is_reading());
  co_await yield();
  co_return told->log;
}

TEST_P(socket_transport_test, nothing_is_read_while_reading_is_paused) {  // S211
  EXPECT_EQ(run(paused()), "made resume data:later lost:None");
}

task<std::string> ends_of_writing() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  EXPECT_TRUE(made->can_write_eof());
  made->write("last");
  made->write_eof();
  made->write_eof();
  std::string said;
  try {
    made->write("more");
  } catch (const std::runtime_error& error) {
    said = error.what();
  }
  EXPECT_EQ(receive_now(ends.peer()), "last");
  EXPECT_EQ(receive_now(ends.peer()), "");
  send_now(ends.peer(), "still heard");
  co_await let_turns_pass(2);
  EXPECT_EQ(told->log, "made data:still heard");
  made->close();
  co_await yield();
  co_return said;
}

TEST_P(socket_transport_test, after_write_eof_it_reads_and_refuses_to_write) {
  EXPECT_EQ(run(ends_of_writing()), "Cannot call write() after write_eof()");
}

task<std::string> lines_through_a_full_socket() {
  socket_and_peer ends;
  auto [made, told] = co_await create_connection(make_trace, ends.take());
  const std::array<std::string_view, 4> few = {"a", "", "b", "c"};
  made->writelines(few);
  std::string all = receive_now(ends.peer());
  const std::string block(100'000, 'x');
  const std::vector<std::string_view> many(20, block);
  made->writelines(many);
  EXPECT_EQ(told->log, "made pause");
  made->writelines(few);
  made->write_eof();
  while (made->get_write_buffer_size() > 0) {
    all += receive_now(ends.peer());
    co_await yield();
  }
  while (true) {
    const std::string more = receive_now(ends.peer());
    if (more.empty()) {
      break;
    }
    all += more;
  }
  EXPECT_EQ(all.size(), 3U + 2'000'000U + 3U);
  EXPECT_EQ(told->log, "made pause resume");
  made->close();
  co_await yield();
  co_return all.substr(0, 4) + all.substr(all.size() - 4);
}

TEST_P(socket_transport_test, lines_are_written_in_order_through_a_full_socket) {
  EXPECT_EQ(run(lines_through_a_full_socket()), "abcxxabc");
}

struct fills_own_buffer : buffered_protocol {
  std::span<std::byte> get_buffer(std::ptrdiff_t size_hint) override {
    EXPECT_EQ(size_hint, -1);
    return std::span(room).first(capacity);
  }
  void buffer_updated(std::size_t count) override {
    got += std::string(reinterpret_cast<const char*>(room.data()), count) + "|";
  }
  void connection_lost(std::exception_ptr error) override { got += testing::text_of(error); }
  std::array<std::byte, 4> room{};
  std::size_t capacity = 4;
  std::string got;
};

task<std::string> buffered(std::size_t capacity) {
  socket_and_peer ends;
  const auto factory = [] { return std::make_shared<fills_own_buffer>(); };
  auto [made, told] = co_await create_connection(factory, ends.take());
  told->capacity = capacity;
  send_now(ends.peer(), "abcdef");
  co_await let_turns_pass(4);
  made->close();
  co_await yield();
  co_return told->got;
}

TEST_P(socket_transport_test, a_buffered_protocol_says_where_the_bytes_go) {  // S212
  EXPECT_EQ(run(buffered(4)), "abcd|ef|None");
}

TEST_P(socket_transport_test, an_empty_buffer_ends_the_connection) {
  expect_failures();
  EXPECT_EQ(run(buffered(0)), "get_buffer() returned an empty buffer");
  EXPECT_NE(failures().text().find("Fatal error: protocol.get_buffer() call failed."),
            std::string::npos);
}

task<std::string> switched() {
  socket_and_peer ends;
  auto [made, first] = co_await create_connection(make_trace, ends.take());
  send_now(ends.peer(), "1");
  co_await let_turns_pass(2);
  const auto second = std::make_shared<fills_own_buffer>();
  made->set_protocol(second);
  EXPECT_THROW(made->set_protocol(std::make_shared<datagram_protocol>()), std::invalid_argument);
  EXPECT_EQ(made->get_protocol(), second);
  send_now(ends.peer(), "2");
  co_await let_turns_pass(2);
  made->close();
  co_await yield();
  co_return first->log + " " + second->got;
}

TEST_P(socket_transport_test, the_protocol_may_change_in_the_middle) {  // S213
  EXPECT_EQ(run(switched()), "made data:1 2|None");
}

struct throws_on_data : protocol_trace {
  explicit throws_on_data(std::exception_ptr given) : error(std::move(given)) {}
  void data_received(std::string_view /*data*/) override { std::rethrow_exception(error); }
  std::exception_ptr error;
};

task<std::string> protocol_throws(std::exception_ptr error) {
  socket_and_peer ends;
  const auto factory = [error] { return std::make_shared<throws_on_data>(error); };
  auto [made, told] = co_await create_connection(factory, ends.take());
  send_now(ends.peer(), "x");
  co_await let_turns_pass(4);
  co_return told->log;
}

TEST_P(socket_transport_test, what_data_received_throws_ends_the_connection) {  // S209
  expect_failures();
  EXPECT_EQ(run(protocol_throws(std::make_exception_ptr(std::runtime_error("mine")))),
            "made lost:mine");
  EXPECT_NE(failures().text().find("Fatal error: protocol.data_received() call failed."),
            std::string::npos);
}

TEST_P(socket_transport_test, an_error_of_the_system_is_for_the_protocol_only) {
  // Nothing is reported: the fixture would complain.
  const std::string log = run(protocol_throws(std::make_exception_ptr(error(EIO, "disk"))));
  EXPECT_TRUE(log.starts_with("made lost:disk")) << log;
}

TEST_P(socket_transport_test, an_order_to_end_leaves_the_loop) {  // S21
  EXPECT_THROW(run(protocol_throws(std::make_exception_ptr(system_exit("enough")))), system_exit);
}

task<int> no_delay() {
  auto both = testing::connected_streams();
  int on = 0;
  both.left.set_no_delay(false);
  const int number = both.left.native_handle();
  auto [made, told] = co_await create_connection(make_trace, std::move(both.left.raw_socket()));
  socklen_t length = sizeof(on);
  getsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, &length);
  made->close();
  co_await yield();
  co_return on;
}

TEST_P(socket_transport_test, small_writes_do_not_wait_for_acknowledgements) {  // S214
  EXPECT_EQ(run(no_delay()), 1);
}

}  // namespace
}  // namespace jackdaw::io::asyncio
