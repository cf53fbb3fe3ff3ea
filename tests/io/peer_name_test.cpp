// tests/io/peer_name_test.cpp
//
// Goal: the message of an error says to whom the connection was, also when it is gone, and of what has no other
// end it says nothing. Method: sockets of each family, ended in each way; the whole text of what is thrown.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/file.hpp>
#include <jackdaw/io/peer_name.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/io/udp_socket.hpp>
#include <jackdaw/io/unix_datagram.hpp>
#include <jackdaw/io/unix_listener.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::connected_streams;
using testing::stream_pair;

/// The peer gets a reset instead of an end.
void abort_connection(tcp_stream& stream) {
  const linger at_once{1, 0};
  ASSERT_EQ(setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
            0);
  stream.close();
}

/// What an awaited task threw, as text.
template <class T>
task<std::string> complaint_of(task<T> failing) {
  std::string said = "nothing";
  try {
    static_cast<void>(co_await std::move(failing));
  } catch (const error& failed) {
    said = failed.what();
  }
  co_return said;
}

task<std::size_t> read_from(stream_socket& stream) {
  std::array<std::byte, 16> into;
  co_return co_await stream.read_some(into);
}

task<std::size_t> write_to(stream_socket& stream) {
  co_return co_await stream.write_some(bytes_of("x"));
}

// -- Names ------------------------------------------------------------------------------------------

TEST(peer_name_test, addresses_of_all_families_are_named_as_they_are_written) {
  const address four = address::parse("127.0.0.1:80");
  EXPECT_EQ(name_of(four.raw(), four.length()), "127.0.0.1:80");
  const address six = address::parse("[::1]:80");
  EXPECT_EQ(name_of(six.raw(), six.length()), "[::1]:80");
  const unix_address path = unix_address::path("/run/some");
  EXPECT_EQ(name_of(path.raw(), path.length()), "/run/some");
  const unix_address abstract = unix_address::abstract("some");
  EXPECT_EQ(name_of(abstract.raw(), abstract.length()), "@some");
}

TEST(peer_name_test, what_is_no_name_is_none) {
  const unix_address unnamed;
  EXPECT_EQ(name_of(unnamed.raw(), unnamed.length()), "");
  sockaddr strange{};
  strange.sa_family = AF_APPLETALK;
  EXPECT_EQ(name_of(&strange, sizeof(strange)), "");
  EXPECT_EQ(name_of(&strange, 0), "");
  sockaddr cut_short{};
  cut_short.sa_family = AF_INET6;
  EXPECT_EQ(name_of(&cut_short, sizeof(cut_short)), "");
}

TEST(peer_name_test, what_has_no_other_end_has_no_name) {
  EXPECT_EQ(peer_name(-1), "");
  const auto ends = testing::make_pipe();
  EXPECT_EQ(peer_name(ends.reads.get()), "");
  const auto listener = tcp_listener::bind(address::loopback(0));
  EXPECT_EQ(peer_name(listener.native_handle()), "");
  const auto datagrams = udp_socket::bind(address::loopback(0));
  EXPECT_EQ(from_peer(datagrams.native_handle()), "");
  EXPECT_EQ(to_peer(datagrams.native_handle()), "");
}

TEST(peer_name_test, a_connection_has_the_name_of_its_other_end) {
  const stream_pair streams = connected_streams();
  const std::string expected = streams.left.peer_address().to_string();
  EXPECT_EQ(peer_name(streams.left.native_handle()), expected);
  EXPECT_EQ(from_peer(streams.left.native_handle()), "from " + expected);
  EXPECT_EQ(to_peer(streams.left.native_handle()), "to " + expected);
}

TEST(peer_name_test, a_reset_connection_still_has_its_peer) {
  stream_pair streams = connected_streams();
  const std::string expected = streams.left.peer_address().to_string();
  abort_connection(streams.right);
  char unused = 0;
  EXPECT_EQ(::recv(streams.left.native_handle(), &unused, 1, 0), -1);
  EXPECT_THROW(static_cast<void>(streams.left.peer_address()), error) << "getpeername() knows";
  EXPECT_EQ(peer_name(streams.left.native_handle()), expected);
}

TEST(peer_name_test, a_local_end_without_a_name_is_its_process) {
  const auto [left, right] = unix_stream::make_pair();
  EXPECT_EQ(peer_name(left.native_handle()), "process " + std::to_string(getpid()));
}

// -- Messages ---------------------------------------------------------------------------------------

class peer_message_test : public testing::io_test {};
JACKDAW_OVER_IO(peer_message_test, testing::all_io_kinds());

task<void> fail_on_a_reset_stream() {
  stream_pair streams = connected_streams();
  const std::string peer = streams.left.peer_address().to_string();
  abort_connection(streams.right);
  const std::string read = co_await complaint_of(read_from(streams.left));
  EXPECT_EQ(read, "recv from " + peer + ": Connection reset by peer");
  const std::string written = co_await complaint_of(write_to(streams.left));
  EXPECT_EQ(written, "send to " + peer + ": Broken pipe");
  const std::string all = co_await complaint_of(streams.left.write_all(bytes_of("x")));
  EXPECT_EQ(all, "send to " + peer + ": Broken pipe");
  auto opened = co_await file::open("/proc/self/exe");
  const std::string sent = co_await complaint_of(opened.send_to(streams.left, 0, 100));
  EXPECT_EQ(sent, "sendfile /proc/self/exe to " + peer + ": Broken pipe");
  std::string ended = "nothing";
  try {
    streams.left.shutdown_write();
  } catch (const error& refused) {
    ended = refused.what();
  }
  EXPECT_EQ(ended, "shutdown to " + peer + ": Transport endpoint is not connected");
}

TEST_P(peer_message_test, a_reset_names_the_peer_in_every_call) { run(fail_on_a_reset_stream()); }

task<void> fail_in_a_reader() {
  using read = task<std::string> (buffered_reader::*)(std::size_t);
  for (const read each :
       {&buffered_reader::read_line, &buffered_reader::read_exactly, &buffered_reader::read_some}) {
    stream_pair streams = connected_streams();
    const std::string peer = streams.left.peer_address().to_string();
    abort_connection(streams.right);
    buffered_reader reader(streams.left);
    const std::string said = co_await complaint_of((reader.*each)(3));
    EXPECT_EQ(said, "recv from " + peer + ": Connection reset by peer");
  }
}

TEST_P(peer_message_test, a_reader_names_the_peer_of_its_stream) { run(fail_in_a_reader()); }

task<std::size_t> send_datagram(udp_socket& from, std::string bytes, address receiver) {
  co_return co_await from.send_to(bytes_of(bytes), receiver);
}

task<std::size_t> receive_datagram(udp_socket& by) {
  std::array<std::byte, 16> into;
  co_return co_await by.receive(into);
}

task<void> fail_with_datagrams() {
  auto from = udp_socket::bind(address::loopback(0));
  const address receiver = address::parse("127.0.0.1:9");
  const std::string sent =
      co_await complaint_of(send_datagram(from, std::string(70'000, 'x'), receiver));
  EXPECT_EQ(sent, "sendmsg to 127.0.0.1:9: Message too long");
  auto nobody = udp_socket::bind(address::loopback(0));
  const address closed = nobody.local_address();
  nobody.close();
  from.connect(closed);
  static_cast<void>(co_await from.send(bytes_of("x")));
  const std::string received = co_await complaint_of(receive_datagram(from));
  EXPECT_EQ(received, "recvmsg from " + closed.to_string() + ": Connection refused");
}

TEST_P(peer_message_test, datagrams_name_whom_they_were_for) { run(fail_with_datagrams()); }

task<void> fail_on_local_sockets() {
  const unix_address where =
      unix_address::abstract("jackdaw-peer-name-" + std::to_string(getpid()));
  auto listener = unix_listener::bind(where);
  auto connecting = spawn(unix_stream::connect(where));
  auto accepted = co_await listener.accept();
  auto connected = co_await std::move(connecting);
  accepted.close();
  const std::string written = co_await complaint_of(connected.write_all(bytes_of("x")));
  EXPECT_EQ(written, "send to " + where.to_string() + ": Broken pipe");
}

TEST_P(peer_message_test, local_sockets_name_the_address) { run(fail_on_local_sockets()); }

}  // namespace
}  // namespace jackdaw::io
