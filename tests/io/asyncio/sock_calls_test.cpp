// tests/io/asyncio/sock_calls_test.cpp
//
// Goal: the calls of a socket succeed at once without a suspension, else wait as long as they must, and a
// cancelled one loses nothing. Method: sockets whose other end the test moves by hand.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/sock_calls.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::receive_now;
using testing::send_now;
using testing::socket_and_peer;

class sock_calls_test : public testing::io_test {};
JACKDAW_OVER_IO(sock_calls_test, testing::loop_kinds());

task<std::string> received() {
  socket_and_peer ends;
  auto own = ends.take();
  send_now(ends.peer(), "at once");
  bool turned = false;
  jackdaw::asyncio::get_running_loop().call_soon([&] { turned = true; });
  std::string all = co_await sock_recv(own, 100);
  EXPECT_FALSE(turned);
  auto later = spawn(sock_recv(own, 3));
  co_await let_turns_pass(2);
  EXPECT_FALSE(later.done());
  send_now(ends.peer(), "abcdef");
  all += "|" + co_await later;
  std::array<std::byte, 10> room{};
  const std::size_t count = co_await sock_recv_into(own, room);
  all += "|" + testing::text_of(std::span(room).first(count));
  ends.pair.right.close();
  all += "|" + co_await sock_recv(own, 10);
  co_return all;
}

TEST_P(sock_calls_test, recv_gives_what_is_there_and_waits_for_what_is_not) {
  EXPECT_EQ(run(received()), "at once|abc|def|");
}

task<std::string> cancelled() {
  socket_and_peer ends;
  auto own = ends.take();
  auto waits = spawn(sock_recv(own, 10));
  co_await let_turns_pass(2);
  waits.cancel();
  send_now(ends.peer(), "kept");
  co_await let_turns_pass(2);
  EXPECT_TRUE(waits.cancelled());
  co_return co_await sock_recv(own, 10);
}

TEST_P(sock_calls_test, a_cancelled_recv_leaves_the_data) { EXPECT_EQ(run(cancelled()), "kept"); }

task<std::size_t> sent_all() {
  socket_and_peer ends;
  auto own = ends.take();
  const std::string much(2'000'000, 'x');
  auto sending = spawn(sock_sendall(own, much));
  std::size_t total = 0;
  while (!sending.done()) {
    total += receive_now(ends.peer()).size();
    co_await yield();
  }
  for (std::size_t more = 1; more > 0; total += more) {
    more = receive_now(ends.peer()).size();
  }
  co_return total;
}

TEST_P(sock_calls_test, sendall_sends_all) { EXPECT_EQ(run(sent_all()), 2'000'000U); }

task<std::string> accepted() {
  auto listening = jackdaw::io::socket::open(AF_INET, SOCK_STREAM);
  const raw_socket_name any{socket_name(address::loopback(0))};
  EXPECT_EQ(::bind(listening.native_handle(), any.raw(), any.length), 0);
  EXPECT_EQ(::listen(listening.native_handle(), 5), 0);
  auto accepting = spawn(sock_accept(listening));
  co_await yield();
  auto client = jackdaw::io::socket::open(AF_INET, SOCK_STREAM);
  co_await sock_connect(client, socket_name(listening.local_address()));
  auto [server, peer] = co_await std::move(accepting);
  EXPECT_EQ(peer, socket_name(client.local_address()));
  co_await sock_sendall(server, "welcome");
  co_return co_await sock_recv(client, 100);
}

TEST_P(sock_calls_test, accept_and_connect_meet) { EXPECT_EQ(run(accepted()), "welcome"); }

task<int> connect_to_nobody() {
  address nobody;
  {
    auto closed = jackdaw::io::socket::open(AF_INET, SOCK_STREAM);
    const raw_socket_name any{socket_name(address::loopback(0))};
    EXPECT_EQ(::bind(closed.native_handle(), any.raw(), any.length), 0);
    nobody = closed.local_address();
  }
  auto client = jackdaw::io::socket::open(AF_INET, SOCK_STREAM);
  int number = 0;
  try {
    co_await sock_connect(client, socket_name(nobody));
  } catch (const error& refused) {
    number = refused.number();
  }
  co_return number;
}

TEST_P(sock_calls_test, connect_says_who_refused) {
  EXPECT_EQ(run(connect_to_nobody()), ECONNREFUSED);
}

task<std::string> datagrams() {
  auto left = jackdaw::io::socket::open(AF_INET, SOCK_DGRAM);
  auto right = jackdaw::io::socket::open(AF_INET, SOCK_DGRAM);
  const raw_socket_name any{socket_name(address::loopback(0))};
  EXPECT_EQ(::bind(left.native_handle(), any.raw(), any.length), 0);
  EXPECT_EQ(::bind(right.native_handle(), any.raw(), any.length), 0);
  auto receiving = spawn(sock_recvfrom(right, 100));
  co_await let_turns_pass(2);
  const socket_name to(right.local_address());
  const std::size_t sent = co_await sock_sendto(left, "datagram", to);
  EXPECT_EQ(sent, 8U);
  auto [data, from] = co_await std::move(receiving);
  EXPECT_EQ(from, socket_name(left.local_address()));
  co_return data;
}

TEST_P(sock_calls_test, datagrams_know_their_sender) { EXPECT_EQ(run(datagrams()), "datagram"); }

}  // namespace
}  // namespace jackdaw::io::asyncio
