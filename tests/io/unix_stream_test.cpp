// tests/io/unix_stream_test.cpp
//
// Goal: descriptors travel with bytes, arrive close-on-exec, and are closed by somebody whatever becomes of
// who waited for them. Method: over all runtimes, pipes are sent through pairs; the fixture counts open
// descriptors, and a pipe whose last writer is closed ends.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/unix_listener.hpp>
#include <jackdaw/io/unix_stream.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::text_of;

class unix_stream_test : public testing::io_test {};
JACKDAW_OVER_IO(unix_stream_test, testing::all_io_kinds());

// -- Connecting -----------------------------------------------------------------------------------

task<void> connect_by_name() {
  const auto here = unix_address::abstract("jackdaw-stream-" + std::to_string(getpid()));
  auto listener = unix_listener::bind(here);
  auto connected = co_await unix_stream::connect(here);
  auto accepted = co_await listener.accept();
  EXPECT_EQ(connected.peer_address(), here);
  EXPECT_EQ(accepted.local_address(), here);
  EXPECT_TRUE(accepted.peer_address().is_unnamed());
  for (const unix_stream* each : {&connected, &accepted}) {
    const peer_credentials peer = each->peer_credentials();
    EXPECT_EQ(peer.process, getpid());
    EXPECT_EQ(peer.user, geteuid());
    EXPECT_EQ(peer.group, getegid());
    EXPECT_NE(fcntl(each->native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST_P(unix_stream_test, both_ends_know_each_other) { run(connect_by_name()); }

task<void> connect_to_nobody() {
  std::string said;
  try {
    static_cast<void>(co_await unix_stream::connect(unix_address::path("/nonexistent/socket")));
  } catch (const error& failed) {
    said = failed.what();
  }
  EXPECT_EQ(said, "connect to /nonexistent/socket: No such file or directory");
  const auto tried = co_await unix_stream::try_connect(unix_address::path("/nonexistent/socket"));
  EXPECT_EQ(tried.error_number(), ENOENT);
  EXPECT_EQ(std::string(tried.cause().call), "connect to");
  unix_stream none;
  EXPECT_THROW(static_cast<void>(none.peer_credentials()), error);
  EXPECT_THROW(static_cast<void>(none.local_address()), error);
}

TEST_P(unix_stream_test, a_failure_to_connect_names_the_address) { run(connect_to_nobody()); }

task<void> connect_to_a_full_queue() {
  const auto here = unix_address::abstract("jackdaw-full-" + std::to_string(getpid()));
  unix_listen_options options;
  options.backlog = 0;
  auto listener = unix_listener::bind(here, options);
  auto first = co_await unix_stream::connect(here);
  bool expired = false;
  try {
    static_cast<void>(co_await timeout(5ms, unix_stream::connect(here)));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired) << "the queue has room for one";
  auto connecting = spawn(unix_stream::connect(here));
  co_await yield();
  const auto accepted = co_await listener.accept();
  auto second = co_await std::move(connecting);
  EXPECT_TRUE(second);
  auto other = co_await listener.accept();
  co_await second.write_all(bytes_of("x"));
  std::array<std::byte, 1> into{};
  const std::size_t count = co_await other.read_some(into);
  EXPECT_EQ(count, 1U) << "a connection, not only a success";
  const auto third = co_await unix_stream::try_connect(here);
  EXPECT_TRUE(third.ok()) << "the no-throw form";
}

TEST_P(unix_stream_test, a_full_queue_is_waited_for_with_a_deadline_if_wanted) {
  run(connect_to_a_full_queue());
}

// -- Descriptors ----------------------------------------------------------------------------------

task<void> pass_a_pipe() {
  auto [left, right] = unix_stream::make_pair();
  auto pipe = testing::make_pipe();
  const std::array<int, 2> both{pipe.reads.get(), pipe.writes.get()};
  const std::size_t sent = co_await left.send_descriptors(bytes_of("pipe"), both);
  EXPECT_EQ(sent, 4U);
  pipe = {};
  std::array<std::byte, 16> into{};
  received_descriptors got = co_await right.receive_descriptors(into);
  EXPECT_EQ(text_of(std::span(into).first(got.size)), "pipe");
  EXPECT_FALSE(got.truncated);
  EXPECT_EQ(got.descriptors.size(), 2U);
  if (got.descriptors.size() != 2) {
    co_return;
  }
  for (const file_descriptor& each : got.descriptors) {
    EXPECT_NE(fcntl(each.get(), F_GETFD) & FD_CLOEXEC, 0);
  }
  testing::send_now(got.descriptors[1].get(), "through");
  std::array<char, 16> text{};
  EXPECT_EQ(::read(got.descriptors[0].get(), text.data(), text.size()), 7);
  EXPECT_EQ(std::string(text.data()), "through") << "the two ends, in order";
  left.close();
  const received_descriptors end = co_await right.receive_descriptors(into);
  EXPECT_EQ(end.size, 0U);
  EXPECT_TRUE(end.descriptors.empty());
}

TEST_P(unix_stream_test, descriptors_arrive_with_their_bytes_in_order) { run(pass_a_pipe()); }

task<void> pass_many() {
  auto [left, right] = unix_stream::make_pair();
  std::array<std::byte, 4> into{};
  const std::vector<int> most(unix_stream::descriptors_max, left.native_handle());
  co_await left.send_descriptors(bytes_of("a"), most);
  {
    const received_descriptors all = co_await right.receive_descriptors(into);
    EXPECT_EQ(all.descriptors.size(), unix_stream::descriptors_max);
    EXPECT_FALSE(all.truncated);
  }
  for (const std::size_t count_max : {0U, 1U, 2U}) {
    const std::array<int, 3> three{0, 1, 2};
    co_await left.send_descriptors(bytes_of("b"), three);
    const received_descriptors some = co_await right.receive_descriptors(into, count_max);
    EXPECT_EQ(some.size, 1U);
    EXPECT_EQ(some.descriptors.size(), count_max);
    EXPECT_TRUE(some.truncated);
  }
  const std::span<const int> nothing;
  co_await left.send_descriptors(bytes_of("c"), nothing);
  const received_descriptors none = co_await right.receive_descriptors(into);
  EXPECT_EQ(none.size, 1U);
  EXPECT_TRUE(none.descriptors.empty());
  EXPECT_FALSE(none.truncated);
}

// The fixture counts the descriptors that are open afterwards, here and below.
TEST_P(unix_stream_test, more_descriptors_than_asked_for_are_closed_and_told) { run(pass_many()); }

task<void> make_mistakes() {
  auto [left, right] = unix_stream::make_pair();
  const std::array<int, 1> one{0};
  const std::span<const std::byte> no_bytes;
  const result<std::size_t> empty = co_await left.try_send_descriptors(no_bytes, one);
  EXPECT_EQ(empty.error_number(), EINVAL) << "no byte to travel with";
  const std::vector<int> too_many(unix_stream::descriptors_max + 1, 0);
  const result<std::size_t> refused = co_await left.try_send_descriptors(bytes_of("x"), too_many);
  EXPECT_EQ(refused.error_number(), EINVAL);
  const std::array<int, 1> nothing{-1};
  const result<std::size_t> bad = co_await left.try_send_descriptors(bytes_of("x"), nothing);
  EXPECT_EQ(bad.error_number(), EBADF);
  right.close();
  const result<std::size_t> gone = co_await left.try_send_descriptors(bytes_of("x"), one);
  EXPECT_EQ(gone.error_number(), EPIPE);
}

TEST_P(unix_stream_test, mistakes_are_errors_and_send_nothing) { run(make_mistakes()); }

task<void> move_before_awaiting() {
  auto [left, right] = unix_stream::make_pair();
  const std::array<int, 1> one{left.native_handle()};
  auto sending = left.try_send_descriptors(bytes_of("x"), one);
  auto sending_now = std::move(sending);
  std::array<std::byte, 4> into{};
  auto receiving = right.try_receive_descriptors(into);
  auto receiving_now = std::move(receiving);
  const result<std::size_t> sent = co_await sending_now;
  EXPECT_EQ(sent.error_number(), 0);
  const result<received_descriptors> got = co_await receiving_now;
  EXPECT_EQ((*got).descriptors.size(), 1U);
}

// The header is the operation's own (B41).
TEST_P(unix_stream_test, descriptors_move_with_an_operation_that_was_not_awaited) {
  run(move_before_awaiting());
}

// -- Cancellation ---------------------------------------------------------------------------------

task<void> wait_with_deadlines() {
  auto [left, right] = unix_stream::make_pair();
  std::array<std::byte, 4> into{};
  int expired = 0;
  try {
    static_cast<void>(co_await timeout(5ms, left.receive_descriptors(into)));
  } catch (const timeout_error&) {
    ++expired;
  }
  const std::vector<std::byte> bytes(64U << 10U);
  const std::array<int, 1> one{0};
  try {
    while (true) {
      co_await timeout(20ms, left.send_descriptors(bytes, one));
    }
  } catch (const timeout_error&) {
    ++expired;
  }
  EXPECT_EQ(expired, 2);
}

TEST_P(unix_stream_test, both_ways_can_have_a_deadline) { run(wait_with_deadlines()); }

task<void> receive_all(unix_stream& stream, std::size_t& bytes, std::size_t& descriptors) {
  std::array<std::byte, 1> into{};
  while (true) {
    const received_descriptors got = co_await stream.receive_descriptors(into, 4);
    // Before the next suspension, at which a cancellation that came too late is delivered.
    bytes += got.size;
    descriptors += got.descriptors.size();
    if (got.size == 0) {
      co_return;
    }
  }
}

task<void> cancel_receivers(int rounds) {
  auto [left, right] = unix_stream::make_pair();
  const std::array<int, 2> two{left.native_handle(), right.native_handle()};
  std::size_t bytes = 0;
  std::size_t descriptors = 0;
  for (int round = 0; round < rounds; ++round) {
    auto receiving = spawn(receive_all(right, bytes, descriptors));
    for (int turn = 0; turn < round % 3; ++turn) {
      co_await yield();
    }
    co_await left.send_descriptors(bytes_of("x"), two);
    receiving.cancel();
    try {
      co_await receiving;
    } catch (const cancelled_error&) {
      continue;
    }
    ADD_FAILURE() << "ended by itself";
  }
  left.shutdown_write();
  co_await receive_all(right, bytes, descriptors);
  EXPECT_EQ(bytes, static_cast<std::size_t>(rounds));
  EXPECT_EQ(descriptors, 2 * static_cast<std::size_t>(rounds));
}

// What a cancelled operation has got is somebody's (B38).
TEST_P(unix_stream_test, a_receiver_cancelled_in_any_instant_loses_and_leaks_no_descriptor) {
  run(cancel_receivers(testing::scaled(1000)));
}

// A frame that is destroyed between the end of its operation and its resumption fetches nothing.
class unfetched_operation final : public receive_descriptors_operation {
 public:
  using receive_descriptors_operation::receive_descriptors_operation;
  void await_resume() noexcept {}
};

task<void> fetch_nothing() {
  auto [left, right] = unix_stream::make_pair();
  const std::array<int, 2> two{left.native_handle(), right.native_handle()};
  co_await left.send_descriptors(bytes_of("x"), two);
  std::array<std::byte, 1> into{};
  unfetched_operation receiving(right.raw_socket().descriptor(), into, 2);
  co_await receiving;
}

TEST_P(unix_stream_test, descriptors_that_nobody_fetched_are_closed) { run(fetch_nothing()); }

}  // namespace
}  // namespace jackdaw::io
