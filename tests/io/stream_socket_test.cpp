// tests/io/stream_socket_test.cpp
//
// Goal: what is written once for all streams works for each kind of them. Method: the same conversation
// over TCP and over local sockets; what a single kind adds is in its own test.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/stream_socket.hpp>
#include <jackdaw/io/unix_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::text_of;

class stream_socket_test : public testing::io_test {};
JACKDAW_OVER_IO(stream_socket_test, testing::all_io_kinds());

task<void> write_pattern(stream_socket& stream, std::size_t count) {
  std::vector<std::byte> bytes(count);
  testing::byte_pattern(1).fill(bytes);
  co_await stream.write_all(bytes);
  stream.shutdown_write();
}

task<std::size_t> read_pattern(stream_socket& stream) {
  testing::byte_pattern pattern(1);
  std::vector<std::byte> into(70'001);
  std::size_t total = 0;
  while (true) {
    const std::size_t count = co_await stream.read_some(into);
    if (count == 0) {
      co_return total;
    }
    EXPECT_TRUE(pattern.matches(std::span(into).first(count)));
    total += count;
  }
}

task<void> converse(stream_socket& left, stream_socket& right) {
  std::array<std::byte, 8> into{};
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, left.read_some(into)));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
  buffered_reader reader(left);
  co_await right.write_all(bytes_of("one\ntwo\n"));
  const std::string first = co_await reader.read_line();
  const std::string second = co_await reader.read_line();
  EXPECT_EQ(first, "one\n");
  EXPECT_EQ(second, "two\n");
  constexpr std::size_t count = 1'000'003;
  auto both = gather(write_pattern(left, count), read_pattern(right));
  const auto moved = co_await std::move(both);
  EXPECT_EQ(std::get<1>(moved), count);
  right.close();
  const std::string end = co_await reader.read_line();
  EXPECT_EQ(end, "");
  const result<std::size_t> refused = co_await left.try_write_some(bytes_of("x"));
  EXPECT_EQ(refused.error_number(), EPIPE) << "and no signal";
}

task<void> converse_over_tcp() {
  auto streams = testing::connected_streams();
  co_await converse(streams.left, streams.right);
}

task<void> converse_over_a_local_pair() {
  auto [left, right] = unix_stream::make_pair();
  co_await converse(left, right);
}

TEST_P(stream_socket_test, a_conversation_over_tcp) { run(converse_over_tcp()); }
TEST_P(stream_socket_test, a_conversation_over_a_local_pair) { run(converse_over_a_local_pair()); }

}  // namespace
}  // namespace jackdaw::io
