// tests/io/asyncio/stream_writer_test.cpp
//
// Goal: drain() waits exactly while the transport's buffer is too full, and says when the connection is over;
// a writer that is dropped closes (S228 to S236). Method: streams over local sockets.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/streams.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::receive_now;
using testing::socket_and_peer;

class stream_writer_test : public testing::io_test {};
JACKDAW_OVER_IO(stream_writer_test, testing::loop_kinds());

task<> drained() {
  socket_and_peer ends;
  auto [reader, writer] = co_await open_connection(ends.take());
  bool turned = false;
  jackdaw::asyncio::get_running_loop().call_soon([&] { turned = true; });
  writer.write("little");
  co_await writer.drain();
  EXPECT_FALSE(turned);
  const std::string block(1'000'000, 'x');
  writer.write(block);
  auto first = spawn(writer.drain());
  auto second = spawn(writer.drain());
  co_await let_turns_pass(3);
  EXPECT_FALSE(first.done());
  while (!first.done() || !second.done()) {
    static_cast<void>(receive_now(ends.peer()));
    co_await yield();
  }
  EXPECT_LE(writer.transport().get_write_buffer_size(),
            writer.transport().get_write_buffer_limits().low);
  writer.transport().abort();
  co_await writer.wait_closed();
}

TEST_P(stream_writer_test, drain_waits_only_while_too_much_is_buffered) { run(drained()); }

task<std::string> drain_after_the_end() {
  socket_and_peer ends;
  auto [reader, writer] = co_await open_connection(ends.take());
  writer.close();
  EXPECT_TRUE(writer.is_closing());
  std::string said = "nothing";
  try {
    co_await writer.drain();
  } catch (const error& lost) {
    said = lost.what();
    EXPECT_EQ(lost.number(), ECONNRESET);
  }
  co_await writer.wait_closed();
  co_return said;
}

TEST_P(stream_writer_test, drain_after_the_end_says_that_the_connection_is_lost) {
  EXPECT_EQ(run(drain_after_the_end()), "Connection lost");
}

task<> drain_is_told_of_a_loss() {
  socket_and_peer ends;
  auto [reader, writer] = co_await open_connection(ends.take());
  writer.write(std::string(1'000'000, 'x'));
  auto drains = spawn(writer.drain());
  co_await let_turns_pass(2);
  ends.pair.right.close();  // With data unread: a reset.
  EXPECT_THROW(co_await drains, error);
  EXPECT_THROW(co_await writer.wait_closed(), error);
  EXPECT_THROW(co_await reader.read(1), error);
  EXPECT_THROW(co_await writer.drain(), error);
  writer.write("dropped");
}

TEST_P(stream_writer_test, who_drains_is_told_of_a_loss) { run(drain_is_told_of_a_loss()); }

task<std::string> dropped() {
  socket_and_peer ends;
  {
    auto [reader, writer] = co_await open_connection(ends.take());
    const auto copy = writer;
    writer.write("bye");
  }
  co_await let_turns_pass(2);
  const std::string last = receive_now(ends.peer());
  char byte = 0;
  co_return last + (::recv(ends.peer(), &byte, 1, MSG_DONTWAIT) == 0 ? " closed" : " open");
}

TEST_P(stream_writer_test, a_writer_that_is_dropped_closes) {  // S236
  EXPECT_EQ(run(dropped()), "bye closed");
}

// Holds the writer of another connection, as a proxy does.
struct holds_a_writer : protocol {
  explicit holds_a_writer(stream_writer held) : other(std::move(held)) {}
  stream_writer other;
};

task<> proxies_left_open() {
  socket_and_peer first;
  socket_and_peer second;
  auto [reader, writer] = co_await open_connection(first.take());
  const auto make = [&writer] { return std::make_shared<holds_a_writer>(writer); };
  auto [made, told] = co_await create_connection(make, second.take());
  auto [third_reader, third_writer] =
      co_await open_connection(std::move(second.pair.right.raw_socket()));
  made->set_protocol(std::make_shared<holds_a_writer>(third_writer));
}

TEST_P(stream_writer_test, connections_that_hold_each_other_end_with_their_loop) {
  run(proxies_left_open());
}

task<std::string> passes_on() {
  socket_and_peer ends;
  auto [reader, writer] = co_await open_connection(ends.take());
  const std::array<std::string_view, 2> lines = {"a\n", "b\n"};
  writer.writelines(lines);
  EXPECT_TRUE(writer.can_write_eof());
  EXPECT_GE(writer.get_extra_info().socket, 0);
  writer.write_eof();
  const std::string got = receive_now(ends.peer());
  EXPECT_THROW(writer.write("more"), std::runtime_error);
  writer.close();
  co_await writer.wait_closed();
  co_return got;
}

TEST_P(stream_writer_test, the_rest_is_the_transports) { EXPECT_EQ(run(passes_on()), "a\nb\n"); }

}  // namespace
}  // namespace jackdaw::io::asyncio
