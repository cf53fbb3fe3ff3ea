// tests/io/splice_test.cpp
//
// Goal: every byte is moved once and in order, however full or empty either end is, and nothing is lost by a
// deadline. Method: over all runtimes, a pattern through a pipe, with ends that are slower than the other.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/splice.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::connected_streams;
using testing::local_streams;
using testing::receive_now;
using testing::send_now;
using testing::stream_pair;

class splice_test : public testing::io_test {};
JACKDAW_OVER_IO(splice_test, testing::all_io_kinds());

constexpr std::size_t piece_bytes = 10'000;

task<void> write_pattern(tcp_stream& to, std::size_t bytes) {
  testing::byte_pattern pattern;
  const auto memory = std::make_unique<std::byte[]>(piece_bytes);
  for (std::size_t written = 0; written < bytes; written += piece_bytes) {
    const std::span<std::byte> piece(memory.get(), piece_bytes);
    pattern.fill(piece);
    co_await to.write_all(piece);
  }
  to.shutdown_write();
}

/// The number of bytes, or 0 if they are not the pattern's.
task<std::size_t> read_pattern(tcp_stream& from) {
  testing::byte_pattern pattern;
  const auto memory = std::make_unique<std::byte[]>(piece_bytes);
  std::size_t total = 0;
  bool in_order = true;
  while (true) {
    const std::span<std::byte> piece(memory.get(), piece_bytes);
    const std::size_t count = co_await from.read_some(piece);
    if (count == 0) {
      break;
    }
    in_order = pattern.matches(piece.first(count)) && in_order;
    total += count;
  }
  co_return in_order ? total : 0;
}

task<std::uint64_t> fill_pipe(tcp_stream& from, pipe_writer to) {
  const std::uint64_t moved = co_await splice(from, to);
  to.close();
  co_return moved;
}

task<std::uint64_t> empty_pipe(pipe_reader from, tcp_stream& to) {
  const std::uint64_t moved = co_await splice(from, to);
  to.shutdown_write();
  co_return moved;
}

// A proxy: stream, pipe, stream.
task<void> relay(stream_pair in, stream_pair out, std::size_t bytes) {
  auto [reader, writer] = make_pipe();
  auto sending = spawn(write_pattern(in.left, bytes));
  auto filling = spawn(fill_pipe(in.right, std::move(writer)));
  auto emptying = spawn(empty_pipe(std::move(reader), out.left));
  const std::size_t arrived = co_await read_pattern(out.right);
  EXPECT_EQ(arrived, bytes);
  const std::uint64_t filled = co_await std::move(filling);
  EXPECT_EQ(filled, bytes);
  const std::uint64_t emptied = co_await std::move(emptying);
  EXPECT_EQ(emptied, bytes);
  co_await std::move(sending);
}

TEST_P(splice_test, megabytes_go_through_a_pipe_and_arrive_in_order) {
  run(relay(connected_streams(), connected_streams(), 4'000'000));
}

TEST_P(splice_test, local_streams_go_through_a_pipe_alike) {
  run(relay(local_streams(), local_streams(), 1'000'000));
}

task<void> move_some() {
  stream_pair streams = local_streams();
  auto [reader, writer] = make_pipe();
  co_await writer.write_all(bytes_of("0123456789"));
  const std::uint64_t four = co_await splice(reader, streams.left, 4);
  EXPECT_EQ(four, 4U);
  EXPECT_EQ(receive_now(streams.right.native_handle()), "0123");
  const std::uint64_t none = co_await splice(reader, streams.left, 0);
  EXPECT_EQ(none, 0U);
  writer.close();
  const std::uint64_t rest = co_await splice(reader, streams.left, 100);
  EXPECT_EQ(rest, 6U);
  EXPECT_EQ(receive_now(streams.right.native_handle()), "456789");
}

TEST_P(splice_test, so_many_bytes_are_moved_and_not_one_more) { run(move_some()); }

task<void> wait_with_deadlines() {
  stream_pair streams = local_streams();
  auto [reader, writer] = make_pipe();
  bool timed_out = false;
  try {
    static_cast<void>(co_await timeout(1ms, splice(streams.left, writer)));
  } catch (const timeout_error&) {
    timed_out = true;
  }
  EXPECT_TRUE(timed_out) << "nothing to move";
  send_now(streams.right.native_handle(), "kept");
  const std::uint64_t moved = co_await splice(streams.left, writer, 4);
  EXPECT_EQ(moved, 4U);
  std::array<std::byte, 8> into{};
  const std::size_t count = co_await reader.read_some(into);
  EXPECT_EQ(testing::text_of(std::span(into).first(count)), "kept");
}

TEST_P(splice_test, a_wait_that_timed_out_has_moved_nothing_away) { run(wait_with_deadlines()); }

task<std::string> what_was_thrown(task<std::uint64_t> failing) {
  std::string said = "nothing";
  try {
    static_cast<void>(co_await std::move(failing));
  } catch (const error& refused) {
    said = refused.what();
  }
  co_return said;
}

task<void> move_to_nobody() {
  stream_pair streams = connected_streams();
  const std::string peer = streams.left.peer_address().to_string();
  auto [reader, writer] = make_pipe();
  co_await writer.write_all(bytes_of("text"));
  const linger at_once{1, 0};
  setsockopt(streams.right.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  streams.right.close();
  std::array<std::byte, 1> into{};
  const result<std::size_t> reset = co_await streams.left.try_read_some(into);
  EXPECT_EQ(reset.error_number(), ECONNRESET);
  const std::string out = co_await what_was_thrown(splice(reader, streams.left));
  EXPECT_EQ(out, "splice to " + peer + ": Broken pipe");

  stream_pair others = local_streams();
  send_now(others.right.native_handle(), "text");
  reader.close();
  const result<std::uint64_t> in = co_await try_splice(others.left, writer);
  EXPECT_EQ(in.error_number(), EPIPE);
}

TEST_P(splice_test, nobody_at_the_other_end_is_an_error_and_no_signal) { run(move_to_nobody()); }

}  // namespace
}  // namespace jackdaw::io
