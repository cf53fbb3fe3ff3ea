// tests/io/unix_datagram_test.cpp
//
// Goal: datagrams arrive whole, in order, with their sender and their descriptors; a full receiver makes
// senders wait; nothing leaks or is lost when somebody is cancelled. Method: over all runtimes.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/unix_datagram.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::text_of;

class unix_datagram_test : public testing::io_test {};
JACKDAW_OVER_IO(unix_datagram_test, testing::all_io_kinds());

std::string name_of(const char* part) {
  return std::string("jackdaw-") + part + "-" + std::to_string(::getpid());
}

task<void> exchange() {
  auto server = unix_datagram::bind(unix_address::abstract(name_of("server")));
  auto client = unix_datagram::bind(unix_address());
  EXPECT_TRUE(client.local_address().is_abstract()) << "autobind gives a name";
  EXPECT_FALSE(client.local_address().name().empty());
  std::array<std::byte, 8> into{};
  co_await client.send_to(bytes_of("hello"), server.local_address());
  const unix_message first = co_await server.receive_from(into);
  EXPECT_EQ(text_of(std::span(into).first(first.size)), "hello");
  EXPECT_EQ(first.sender, client.local_address());
  EXPECT_FALSE(first.truncated);
  co_await server.send_to(bytes_of(""), first.sender);
  const unix_message empty = co_await client.receive_from(into);
  EXPECT_EQ(empty.size, 0U) << "a datagram like any other";
  auto nameless = unix_datagram::open();
  nameless.connect(server.local_address());
  co_await nameless.send(bytes_of("longer than it"));
  const unix_message cut = co_await server.receive_from(into);
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(text_of(std::span(into).first(cut.size)), "longer t");
  EXPECT_TRUE(cut.sender.is_unnamed());
}

TEST_P(unix_datagram_test, datagrams_arrive_whole_with_their_sender) { run(exchange()); }

task<void> bind_to_a_path(std::string path) {
  const auto here = unix_address::path(path);
  struct stat found{};
  {
    auto first = unix_datagram::bind(here);
    EXPECT_EQ(::lstat(path.c_str(), &found), 0);
    int number = 0;
    try {
      static_cast<void>(unix_datagram::bind(here));
    } catch (const error& in_use) {
      number = in_use.number();
      EXPECT_EQ(std::string(in_use.what()), "bind " + path + ": Address already in use");
    }
    EXPECT_EQ(number, EADDRINUSE) << "somebody listens there";
  }
  EXPECT_NE(::lstat(path.c_str(), &found), 0) << "gone with its socket";
  unix_bind_options leave;
  leave.remove_on_close = false;
  unix_datagram::bind(here, leave).close();
  EXPECT_EQ(::lstat(path.c_str(), &found), 0);
  auto sender = unix_datagram::open();
  const result<void> refused = co_await sender.try_send_to(bytes_of("x"), here);
  EXPECT_EQ(refused.error_number(), ECONNREFUSED);
  auto second = unix_datagram::bind(here);
  co_await sender.send_to(bytes_of("x"), here);
  std::array<std::byte, 1> into{};
  const unix_message got = co_await second.receive_from(into);
  EXPECT_EQ(got.size, 1U) << "the file of a dead socket was replaced";
  std::string said;
  try {
    co_await sender.send_to(bytes_of("x"), unix_address::path("/nonexistent/socket"));
  } catch (const error& failed) {
    said = failed.what();
  }
  EXPECT_EQ(said, "send to /nonexistent/socket: No such file or directory");
}

TEST_P(unix_datagram_test, a_path_goes_with_its_socket_and_failures_name_it) {
  const std::string path = std::filesystem::temp_directory_path() / name_of("path");
  run(bind_to_a_path(path));
}

// -- Full receivers -------------------------------------------------------------------------------------

task<void> send_many(unix_datagram& from, unix_address to, int count) {
  for (int index = 0; index < count; ++index) {
    const std::string text = std::to_string(index);
    if (to.is_unnamed()) {
      co_await from.send(bytes_of(text));
    } else {
      co_await from.send_to(bytes_of(text), to);
    }
  }
}

// More than the kernel queues at a receiver (net.unix.max_dgram_qlen).
task<void> overrun(bool connected) {
  const int count = testing::scaled(2000);
  auto receiver = unix_datagram::bind(unix_address());
  auto sender = unix_datagram::open();
  unix_address to = receiver.local_address();
  if (connected) {
    sender.connect(to);
    to = unix_address();
  }
  auto sending = spawn(send_many(sender, to, count));
  std::array<std::byte, 16> into{};
  for (int index = 0; index < count; ++index) {
    const unix_message got = co_await receiver.receive_from(into);
    const std::string text = text_of(std::span(into).first(got.size));
    EXPECT_EQ(text, std::to_string(index));
  }
  co_await sending;
}

TEST_P(unix_datagram_test, a_full_receiver_makes_a_connected_sender_wait) { run(overrun(true)); }
TEST_P(unix_datagram_test, a_full_receiver_makes_a_sender_by_address_wait) { run(overrun(false)); }

task<void> send_until_late() {
  auto receiver = unix_datagram::bind(unix_address());
  auto sender = unix_datagram::open();
  const unix_address to = receiver.local_address();
  bool expired = false;
  try {
    co_await timeout(30ms, send_many(sender, to, 1'000'000'000));
  } catch (const timeout_error&) {
    expired = true;
  }
  EXPECT_TRUE(expired);
  std::array<std::byte, 16> into{};
  const unix_message got = co_await receiver.receive_from(into);
  EXPECT_EQ(text_of(std::span(into).first(got.size)), "0");
  receiver.close();
  const result<void> refused = co_await sender.try_send_to(bytes_of("x"), to);
  EXPECT_EQ(refused.error_number(), ECONNREFUSED);
}

TEST_P(unix_datagram_test, waiting_for_a_full_receiver_can_have_a_deadline) {
  run(send_until_late());
}

// -- Descriptors ------------------------------------------------------------------------------------------

task<void> pass_descriptors() {
  auto [left, right] = unix_datagram::make_pair();
  auto pipe = testing::make_pipe();
  const std::array<int, 2> both{pipe.reads.get(), pipe.writes.get()};
  co_await left.send(bytes_of("pipe"), both);
  pipe = {};
  std::array<std::byte, 16> into{};
  const unix_message got = co_await right.receive_from(into, 4);
  EXPECT_EQ(got.size, 4U);
  EXPECT_FALSE(got.descriptors_truncated);
  EXPECT_EQ(got.descriptors.size(), 2U);
  if (got.descriptors.size() != 2) {
    co_return;
  }
  EXPECT_NE(::fcntl(got.descriptors[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  testing::send_now(got.descriptors[1].get(), "through");
  std::array<char, 16> text{};
  EXPECT_EQ(::read(got.descriptors[0].get(), text.data(), text.size()), 7);
  const std::array<int, 2> again{left.native_handle(), right.native_handle()};
  co_await left.send(bytes_of("x"), again);
  const unix_message one = co_await right.receive_from(into, 1);
  EXPECT_EQ(one.descriptors.size(), 1U);
  EXPECT_TRUE(one.descriptors_truncated);
  co_await left.send(bytes_of("x"), again);
  const unix_message none = co_await right.receive_from(into);
  EXPECT_EQ(none.descriptors.size(), 0U) << "closed by the kernel";
  const std::vector<int> many(passed_descriptors_max + 1, left.native_handle());
  const result<void> refused = co_await left.try_send(bytes_of("x"), many);
  EXPECT_EQ(refused.error_number(), EINVAL);
}

TEST_P(unix_datagram_test, descriptors_come_with_a_datagram) { run(pass_descriptors()); }

// A frame that is destroyed between the end of its operation and its resumption fetches nothing.
class unfetched_operation final : public unix_receive_operation {
 public:
  using unix_receive_operation::unix_receive_operation;
  void await_resume() noexcept {}
};

task<void> fetch_nothing() {
  auto [left, right] = unix_datagram::make_pair();
  const std::array<int, 2> two{left.native_handle(), right.native_handle()};
  co_await left.send(bytes_of("x"), two);
  std::array<std::byte, 1> into{};
  unfetched_operation receiving(right.raw_socket().descriptor(), into, 2);
  co_await receiving;
}

TEST_P(unix_datagram_test, descriptors_that_nobody_fetched_are_closed) { run(fetch_nothing()); }

task<void> receive_for_ever(unix_datagram& from, int& received) {
  std::array<std::byte, 4> into{};
  while (true) {
    const unix_message got = co_await from.receive_from(into, 1);
    received += got.descriptors.size() == 1 ? 1 : 0;
  }
}

task<void> cancel_receivers(int rounds) {
  auto [left, right] = unix_datagram::make_pair();
  const std::array<int, 1> one{left.native_handle()};
  int received = 0;
  for (int round = 0; round < rounds; ++round) {
    auto receiving = spawn(receive_for_ever(right, received));
    for (int turn = 0; turn < round % 3; ++turn) {
      co_await yield();
    }
    co_await left.send(bytes_of("x"), one);
    receiving.cancel();
    try {
      co_await receiving;
    } catch (const cancelled_error&) {
      continue;
    }
    ADD_FAILURE() << "ended by itself";
  }
  auto last = spawn(receive_for_ever(right, received));
  while (received < rounds) {
    co_await jackdaw::sleep(1ms);
  }
  last.cancel();
  try {
    co_await last;
  } catch (const cancelled_error&) {
    co_return;
  }
}

TEST_P(unix_datagram_test, a_receiver_cancelled_in_any_instant_loses_and_leaks_nothing) {
  if (GetParam().one_thread()) {
    run(cancel_receivers(testing::scaled(300)));
  }
}

}  // namespace
}  // namespace jackdaw::io
