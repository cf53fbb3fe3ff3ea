// tests/io/asyncio/sendfile_test.cpp
//
// Goal: a file goes through a transport or a socket whole and in its place, by the kernel where it can and by hand
// where it cannot, and who sends it learns of the end of the connection. Method: pairs of local sockets, files of
// more bytes than a socket holds, and one of /proc that sendfile(2) does not take.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/sendfile.hpp>
#include <jackdaw/io/asyncio/sock_calls.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::protocol_trace;
using testing::receive_now;
using testing::socket_and_peer;

class sendfile_test : public testing::io_test {};
JACKDAW_OVER_IO(sendfile_test, testing::loop_kinds());

constexpr std::size_t many = std::size_t{3} << 20U;

const std::string& text_of_file() {
  static const std::string text = [] {
    std::string made(many, '\0');
    testing::byte_pattern bytes;
    bytes.fill(std::as_writable_bytes(std::span(made.data(), made.size())));
    return made;
  }();
  return text;
}

// With text_of_file() in it; gone when this goes.
class pattern_file {
 public:
  pattern_file() : path_(::testing::TempDir() + "jackdaw_sendfile_" + std::to_string(::getpid())) {
    std::FILE* const made = std::fopen(path_.c_str(), "wb");
    EXPECT_EQ(std::fwrite(text_of_file().data(), 1, many, made), many);
    EXPECT_EQ(std::fclose(made), 0);
  }
  pattern_file(const pattern_file&) = delete;
  pattern_file& operator=(const pattern_file&) = delete;
  ~pattern_file() { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// Until `sending` is done and nothing is left.
template <class T>
task<std::string> receive_all(int peer, const join_handle<T>& sending) {
  std::string got;
  while (true) {
    const bool last = sending.done();
    const std::size_t before = got.size();
    got += receive_now(peer);
    if (last && got.size() == before) {
      break;
    }
    co_await yield();
  }
  co_return got;
}

struct connected {
  std::shared_ptr<transport> made;
  std::shared_ptr<protocol_trace> told = std::make_shared<protocol_trace>();

  task<> begin(jackdaw::io::socket over) {
    const auto factory = [kept = told] { return kept; };
    auto pair = co_await create_connection(factory, std::move(over));
    made = std::move(pair.first);
    told->transport = nullptr;
  }
  task<> end() {
    made->close();
    while (made->get_protocol() != nullptr) {
      co_await yield();
    }
  }
};

// -- Transports -----------------------------------------------------------------------------------

task<std::string> through_a_transport(std::string path, sendfile_options options,
                                      std::uint64_t& count) {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open(std::move(path));
  connection.made->write("before ");
  const auto sending = spawn(sendfile(connection.made, from, options));
  std::string got = co_await receive_all(ends.peer(), sending);
  count = co_await sending;
  EXPECT_TRUE(connection.made->is_reading());
  connection.made->write(" after");
  co_await connection.end();
  got += receive_now(ends.peer());
  co_return got;
}

TEST_P(sendfile_test, a_file_goes_between_what_is_written) {
  const pattern_file made;
  std::uint64_t count = 0;
  EXPECT_TRUE(run(through_a_transport(made.path(), {}, count)) ==
              "before " + text_of_file() + " after");
  EXPECT_EQ(count, many);
}

TEST_P(sendfile_test, a_part_of_a_file_goes) {
  const pattern_file made;
  sendfile_options part;
  part.offset = 1'000'000;
  part.count = 1'500'000;
  std::uint64_t count = 0;
  EXPECT_TRUE(run(through_a_transport(made.path(), part, count)) ==
              "before " + text_of_file().substr(1'000'000, 1'500'000) + " after");
  EXPECT_EQ(count, 1'500'000U);
  part.offset = many - 10;
  EXPECT_TRUE(run(through_a_transport(made.path(), part, count)) ==
              "before " + text_of_file().substr(many - 10) + " after");
  EXPECT_EQ(count, 10U);
  part.offset = many;
  EXPECT_EQ(run(through_a_transport(made.path(), part, count)), "before  after");
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(run(through_a_transport("/dev/null", {}, count)), "before  after");
  EXPECT_EQ(count, 0U);
}

// The kernel has no pages of it to send.
constexpr const char* not_sendable = "/proc/self/status";

TEST_P(sendfile_test, what_the_kernel_cannot_send_is_read_and_written) {
  std::uint64_t count = 0;
  const std::string got = run(through_a_transport(not_sendable, {}, count));
  EXPECT_TRUE(got.starts_with("before Name:"));
  EXPECT_EQ(got.size(), count + 7 + 6);
}

task<> without_fallback() {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open("/proc/self/pagemap");
  sendfile_options strict;
  strict.fallback = false;
  strict.count = 8;
  auto refused = sendfile(connection.made, from, strict);
  EXPECT_THROW(co_await std::move(refused), sendfile_not_available_error);
  strict.count = 0;
  auto nothing = sendfile(connection.made, from, strict);
  EXPECT_THROW(co_await std::move(nothing), std::invalid_argument);
  EXPECT_TRUE(connection.made->is_reading());
  auto unknown = sendfile(nullptr, from);
  EXPECT_THROW(co_await std::move(unknown), std::runtime_error);
  co_await connection.end();
  auto late = sendfile(connection.made, from);
  EXPECT_THROW(co_await std::move(late), std::runtime_error);
}

TEST_P(sendfile_test, what_may_not_be_done_by_hand_is_refused) { run(without_fallback()); }

task<std::string> disturbed(std::string path, bool aborts) {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open(std::move(path));
  const auto sending = spawn(sendfile(connection.made, from));
  co_await let_turns_pass(3);
  EXPECT_FALSE(sending.done());
  EXPECT_FALSE(connection.made->is_reading());
  EXPECT_THROW(connection.made->write("in between"), std::runtime_error);
  auto second = sendfile(connection.made, from);
  EXPECT_THROW(co_await std::move(second), std::runtime_error);
  if (aborts) {
    connection.made->abort();
  } else {
    connection.made->close();
  }
  int number = 0;
  try {
    co_await sending;
  } catch (const error& failed) {
    number = failed.number();
  }
  EXPECT_EQ(number, ECONNRESET);
  co_await connection.end();
  co_return connection.told->log;
}

TEST_P(sendfile_test, the_end_of_the_transport_is_the_end_of_the_sending) {
  const pattern_file made;
  EXPECT_EQ(run(disturbed(made.path(), false)), "made lost:None");
  EXPECT_EQ(run(disturbed(made.path(), true)), "made lost:None");
}

task<std::string> ended_meanwhile(std::string path) {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open(std::move(path));
  const auto sending = spawn(sendfile(connection.made, from));
  co_await let_turns_pass(3);
  EXPECT_FALSE(sending.done());
  connection.made->write_eof();
  std::string got = co_await receive_all(ends.peer(), sending);
  char byte = 0;
  EXPECT_EQ(::recv(ends.peer(), &byte, 1, MSG_DONTWAIT), 0);  // The end, and not "nothing yet".
  co_await connection.end();
  co_return got;
}

TEST_P(sendfile_test, the_end_of_writing_comes_behind_the_file) {
  const pattern_file made;
  EXPECT_TRUE(run(ended_meanwhile(made.path())) == text_of_file());
}

task<std::string> the_peer_goes(std::string path) {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open(std::move(path));
  const auto sending = spawn(sendfile(connection.made, from));
  co_await let_turns_pass(3);
  ends.pair.right.close();
  std::string said = "sent";
  try {
    co_await sending;
  } catch (const error& failed) {
    said = failed.number() == EPIPE || failed.number() == ECONNRESET ? "gone" : failed.what();
  }
  co_await connection.end();
  co_return said;
}

TEST_P(sendfile_test, a_peer_that_goes_is_an_error_and_no_signal) {
  const pattern_file made;
  EXPECT_EQ(run(the_peer_goes(made.path())), "gone");
}

task<std::string> cancelled_within(std::string path) {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open(std::move(path));
  auto sending = spawn(sendfile(connection.made, from));
  co_await let_turns_pass(3);
  sending.cancel();
  co_await let_turns_pass(2);
  EXPECT_TRUE(sending.cancelled());
  EXPECT_TRUE(connection.made->is_reading());
  const std::string part = receive_now(ends.peer(), many);
  EXPECT_TRUE(text_of_file().starts_with(part));
  connection.made->write("what now?");
  co_await connection.end();
  co_return receive_now(ends.peer());
}

TEST_P(sendfile_test, a_cancelled_one_leaves_a_transport_that_works) {
  const pattern_file made;
  const std::string rest = run(cancelled_within(made.path()));
  EXPECT_TRUE(rest.ends_with("what now?"));
}

task<std::string> the_peer_goes_afterwards(std::string path) {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open(std::move(path));
  const auto sending = spawn(sendfile(connection.made, from));
  std::string got;
  while (got.size() < many) {
    got += receive_now(ends.peer());
    co_await yield();
  }
  ends.pair.right.close();
  EXPECT_EQ(co_await sending, many);
  co_await connection.end();
  EXPECT_TRUE(connection.told->log.ends_with("lost:None"));
  co_return got;
}

TEST_P(sendfile_test, a_peer_that_goes_after_the_file_is_no_error) {
  const pattern_file made;
  EXPECT_TRUE(run(the_peer_goes_afterwards(made.path())) == text_of_file());
}

// By hand: the kernel sends nothing of this file, which is larger than any peer wants.
task<std::string> the_peer_goes_early() {
  socket_and_peer ends;
  connected connection;
  co_await connection.begin(ends.take());
  file from = co_await file::open("/proc/self/pagemap");
  const auto sending = spawn(sendfile(connection.made, from));
  co_await let_turns_pass(3);
  EXPECT_FALSE(sending.done());
  ends.pair.right.close();
  std::string said = "sent";
  try {
    co_await sending;
  } catch (const error& failed) {
    said = failed.number() == EPIPE || failed.number() == ECONNRESET ? "gone" : failed.what();
  }
  EXPECT_TRUE(connection.made->is_closing());
  co_await connection.end();
  co_return said;
}

TEST_P(sendfile_test, so_it_is_when_the_file_is_read_and_written) {
  EXPECT_EQ(run(the_peer_goes_early()), "gone");
}

// -- Sockets --------------------------------------------------------------------------------------

task<std::string> over_a_socket(std::string path, sendfile_options options, std::uint64_t& count) {
  socket_and_peer ends;
  jackdaw::io::socket to = ends.take();
  file from = co_await file::open(std::move(path));
  const auto sending = spawn(sock_sendfile(to, from, options));
  std::string got = co_await receive_all(ends.peer(), sending);
  count = co_await sending;
  co_return got;
}

TEST_P(sendfile_test, a_socket_without_a_transport_sends_files) {
  const pattern_file made;
  std::uint64_t count = 0;
  EXPECT_TRUE(run(over_a_socket(made.path(), {}, count)) == text_of_file());
  EXPECT_EQ(count, many);
  sendfile_options part;
  part.offset = 5;
  part.count = 2'000'000;
  EXPECT_TRUE(run(over_a_socket(made.path(), part, count)) == text_of_file().substr(5, 2'000'000));
  EXPECT_EQ(count, 2'000'000U);
}

task<std::string> between_regular_sends(std::string path) {
  socket_and_peer ends;
  jackdaw::io::socket to = ends.take();
  file from = co_await file::open(std::move(path));
  sendfile_options part;
  part.count = 10;
  co_await sock_sendall(to, "before ");
  const std::uint64_t count = co_await sock_sendfile(to, from, part);
  EXPECT_EQ(count, 10U);
  co_await sock_sendall(to, " after");
  co_return receive_now(ends.peer());
}

TEST_P(sendfile_test, a_socket_sends_a_file_between_other_things) {
  const pattern_file made;
  EXPECT_TRUE(run(between_regular_sends(made.path())) ==
              "before " + text_of_file().substr(0, 10) + " after");
  std::uint64_t count = 1;
  EXPECT_EQ(run(over_a_socket("/dev/null", {}, count)), "");
  EXPECT_EQ(count, 0U);
}

TEST_P(sendfile_test, a_socket_sends_by_hand_what_the_kernel_cannot_send) {
  std::uint64_t count = 0;
  const std::string got = run(over_a_socket(not_sendable, {}, count));
  EXPECT_TRUE(got.starts_with("Name:"));
  EXPECT_EQ(got.size(), count);
}

task<> refused_by_sockets() {
  socket_and_peer ends;
  jackdaw::io::socket to = ends.take();
  file from = co_await file::open("/proc/self/pagemap");
  sendfile_options strict;
  strict.fallback = false;
  auto refused = sock_sendfile(to, from, strict);
  EXPECT_THROW(co_await std::move(refused), sendfile_not_available_error);
  auto datagrams = jackdaw::io::socket::open(AF_INET, SOCK_DGRAM);
  auto no_stream = sock_sendfile(datagrams, from);
  EXPECT_THROW(co_await std::move(no_stream), std::invalid_argument);
}

TEST_P(sendfile_test, a_socket_refuses_what_it_cannot_do) { run(refused_by_sockets()); }

}  // namespace
}  // namespace jackdaw::io::asyncio
