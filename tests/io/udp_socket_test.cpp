// tests/io/udp_socket_test.cpp
//
// Goal: each datagram arrives whole or is told to be cut off, one by one or many per call, and a wait that
// is cancelled loses none. Method: over all runtimes, sockets against each other over loopback, where the
// kernel drops nothing while buffers have room.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/udp_socket.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::io_test;
using testing::text_of;

class udp_socket_test : public io_test {};
JACKDAW_OVER_IO(udp_socket_test, testing::all_io_kinds());

// -- One by one -----------------------------------------------------------------------------------

task<void> ask_and_answer(address local) {
  auto asks = udp_socket::bind(local);
  auto answers = udp_socket::bind(local);
  std::array<std::byte, 16> into{};
  const std::size_t sent = co_await asks.send_to(bytes_of("question"), answers.local_address());
  EXPECT_EQ(sent, 8U);
  const datagram question = co_await answers.receive_from(into);
  EXPECT_EQ(text_of(std::span(into).first(question.size)), "question");
  EXPECT_EQ(question.sender, asks.local_address());
  EXPECT_FALSE(question.truncated);
  auto waiting = spawn([](udp_socket& socket, std::span<std::byte> room) -> task<datagram> {
    co_return co_await socket.receive_from(room);
  }(asks, into));
  co_await jackdaw::yield();
  co_await answers.send_to(bytes_of("answer"), question.sender);
  const datagram answer = co_await std::move(waiting);
  EXPECT_EQ(text_of(std::span(into).first(answer.size)), "answer");
  EXPECT_EQ(answer.sender, answers.local_address());
}

TEST_P(udp_socket_test, a_datagram_arrives_with_the_address_of_its_sender) {
  run(ask_and_answer(address::loopback(0)));
}

TEST_P(udp_socket_test, datagrams_over_ipv6_work_alike) {
  try {
    run([]() -> task<void> {
      static_cast<void>(udp_socket::bind(address::parse("[::1]:0")));
      co_return;
    }());
  } catch (const error& none) {
    GTEST_SKIP() << none.what();
  }
  run(ask_and_answer(address::parse("[::1]:0")));
}

task<void> receive_what_does_not_fit() {
  auto from = udp_socket::bind(address::loopback(0));
  auto to = udp_socket::bind(address::loopback(0));
  const address there = to.local_address();
  for (const char* const text : {"0123456789", "0123456789", "", "after"}) {
    co_await from.send_to(bytes_of(text), there);
  }
  std::array<std::byte, 6> into{};
  const datagram cut = co_await to.receive_from(into);
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.size, 6U);
  EXPECT_EQ(text_of(into), "012345");
  const result<std::size_t> refused = co_await to.try_receive(into);
  EXPECT_EQ(refused.error_number(), EMSGSIZE);
  const datagram empty = co_await to.receive_from(into);
  EXPECT_EQ(empty.size, 0U) << "a datagram of no bytes is one, and no end";
  EXPECT_FALSE(empty.truncated);
  const std::size_t last = co_await to.receive(into);
  EXPECT_EQ(text_of(std::span(into).first(last)), "after") << "the rest of the long ones is lost";
}

TEST_P(udp_socket_test, what_does_not_fit_is_cut_off_and_told) { run(receive_what_does_not_fit()); }

task<void> talk_to_one_peer() {
  auto left = udp_socket::bind(address::loopback(0));
  auto right = udp_socket::bind(address::loopback(0));
  auto stranger = udp_socket::bind(address::loopback(0));
  left.connect(right.local_address());
  right.connect(left.local_address());
  EXPECT_EQ(left.peer_address(), right.local_address());
  co_await stranger.send_to(bytes_of("noise"), left.local_address());
  co_await right.send(bytes_of("hello"));
  std::array<std::byte, 16> into{};
  const std::size_t count = co_await left.receive(into);
  EXPECT_EQ(text_of(std::span(into).first(count)), "hello") << "a stranger is not heard";
  right.close();
  co_await left.send(bytes_of("to nobody"));
  const result<std::size_t> told = co_await left.try_receive(into);
  EXPECT_EQ(told.error_number(), ECONNREFUSED);
  EXPECT_EQ(meaning_of(told.error_number()), meaning::refused);
}

TEST_P(udp_socket_test, a_connected_socket_hears_its_peer_only_and_that_nobody_is_there) {
  run(talk_to_one_peer());
}

task<void> make_mistakes() {
  auto socket = udp_socket::bind(address::loopback(0));
  const std::vector<std::byte> huge(70'000);
  const result<std::size_t> sent = co_await socket.try_send_to(huge, socket.local_address());
  EXPECT_EQ(sent.error_number(), EMSGSIZE);
  const result<std::size_t> nowhere = co_await socket.try_send(bytes_of("x"));
  EXPECT_EQ(nowhere.error_number(), EDESTADDRREQ);
  std::string said;
  try {
    static_cast<void>(udp_socket::bind(socket.local_address()));
  } catch (const error& taken) {
    said = taken.what();
  }
  EXPECT_EQ(said, "bind " + socket.local_address().to_string() + ": Address already in use");
  udp_socket none;
  std::array<std::byte, 4> into{};
  const result<datagram> received = co_await none.try_receive_from(into);
  EXPECT_EQ(received.error_number(), EBADF);
}

TEST_P(udp_socket_test, mistakes_are_errors_that_name_the_address) { run(make_mistakes()); }

task<bool> use_multicast() {
  auto hears = udp_socket::bind(address::any(0));
  const address group =
      address::parse("239.255.7.7:" + std::to_string(hears.local_address().port()));
  ip_mreqn membership{};
  membership.imr_multiaddr = reinterpret_cast<const sockaddr_in*>(group.raw())->sin_addr;
  membership.imr_address.s_addr = htonl(INADDR_LOOPBACK);
  if (setsockopt(hears.native_handle(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership,
                 sizeof(membership)) != 0) {
    co_return false;  // A container without multicast on its loopback.
  }
  auto sends = udp_socket::bind(address::loopback(0));
  in_addr through{htonl(INADDR_LOOPBACK)};
  EXPECT_EQ(
      setsockopt(sends.native_handle(), IPPROTO_IP, IP_MULTICAST_IF, &through, sizeof(through)), 0);
  sends.raw_socket().set_option(IPPROTO_IP, IP_MULTICAST_LOOP, 1);
  const result<std::size_t> sent = co_await sends.try_send_to(bytes_of("all"), group);
  if (!sent.ok()) {
    co_return false;
  }
  std::array<std::byte, 8> into{};
  const datagram heard = co_await hears.receive_from(into);
  EXPECT_EQ(text_of(std::span(into).first(heard.size)), "all");
  co_return true;
}

TEST_P(udp_socket_test, multicast_is_a_matter_of_options) {
  if (!run(use_multicast())) {
    GTEST_SKIP() << "no multicast on the loopback here";
  }
}

void look_at_hops(const char* any, int level, int unicast, int multicast) {
  auto made = udp_socket::bind(address::parse(any));
  made.set_hops(7);
  EXPECT_EQ(made.raw_socket().option(level, unicast), 7);
  made.set_multicast_hops(3);
  EXPECT_EQ(made.raw_socket().option(level, multicast), 3);
  EXPECT_EQ(made.raw_socket().option(level, unicast), 7);
  EXPECT_THROW(made.set_hops(256), error);
}

TEST(udp_socket_option_test, hops_to_one_receiver_and_to_groups_are_set_apart) {
  look_at_hops("127.0.0.1:0", IPPROTO_IP, IP_TTL, IP_MULTICAST_TTL);
}

TEST(udp_socket_option_test, hops_over_ipv6_are_set_apart_too) {
  try {
    static_cast<void>(udp_socket::bind(address::parse("[::1]:0")));
  } catch (const error& none) {
    GTEST_SKIP() << none.what();
  }
  look_at_hops("[::1]:0", IPPROTO_IPV6, IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS);
}

// -- Many per call --------------------------------------------------------------------------------

std::vector<outgoing_datagram> numbered(const std::vector<std::string>& texts,
                                        const address& receiver) {
  std::vector<outgoing_datagram> all;
  for (const std::string& text : texts) {
    all.push_back(outgoing_datagram{bytes_of(text), receiver});
  }
  return all;
}

std::vector<std::string> numbers(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t index = 0; index < count; ++index) {
    texts.push_back(std::to_string(index));
  }
  return texts;
}

task<void> move_many(bool connected) {
  auto from = udp_socket::bind(address::loopback(0));
  auto to = udp_socket::bind(address::loopback(0));
  if (connected) {
    from.connect(to.local_address());
  }
  const std::vector<std::string> texts = numbers(150);
  const auto all = numbered(texts, to.local_address());
  const std::size_t sent = co_await from.send_many(all);
  EXPECT_EQ(sent, 150U);
  std::array<std::array<std::byte, 2>, 100> memory{};
  std::vector<datagram_slot> slots;
  for (auto& each : memory) {
    slots.push_back(datagram_slot{each});
  }
  std::size_t total = 0;
  while (total < 150) {
    const std::size_t count = co_await to.receive_many(slots);
    EXPECT_LE(count, udp_socket::batch_max);
    for (std::size_t index = 0; index < count; ++index, ++total) {
      const datagram& got = slots[index].received;
      EXPECT_EQ(text_of(slots[index].memory.first(got.size)), texts[total].substr(0, 2));
      EXPECT_EQ(got.truncated, texts[total].size() > 2);
      EXPECT_EQ(got.sender, from.local_address());
    }
  }
  const std::span<datagram_slot> no_slots;
  const std::size_t none = co_await to.receive_many(no_slots);
  EXPECT_EQ(none, 0U);
}

// Headers on a stack would be gone by then (B41).
TEST_P(udp_socket_test, many_are_sent_and_received_per_call_in_order) { run(move_many(false)); }
TEST_P(udp_socket_test, many_go_to_a_connected_peer_alike) { run(move_many(true)); }

task<void> fail_in_the_middle() {
  auto from = udp_socket::bind(address::loopback(0));
  auto to = udp_socket::bind(address::loopback(0));
  const std::vector<std::byte> huge(70'000);
  std::vector<outgoing_datagram> all(3, outgoing_datagram{bytes_of("x"), to.local_address()});
  all[1].bytes = huge;
  const result<std::size_t> first = co_await from.try_send_many(all);
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(*first, 1U);
  const result<std::size_t> why = co_await from.try_send_many(std::span(all).subspan(*first));
  EXPECT_EQ(why.error_number(), EMSGSIZE);
}

TEST_P(udp_socket_test, one_that_cannot_be_sent_stops_the_batch_and_is_next) {
  run(fail_in_the_middle());
}

// -- Deadlines and cancellation -------------------------------------------------------------------

task<void> wait_in_vain() {
  auto socket = udp_socket::bind(address::loopback(0));
  std::array<std::byte, 8> into{};
  int expired = 0;
  try {
    static_cast<void>(co_await timeout(5ms, socket.receive_from(into)));
  } catch (const timeout_error&) {
    ++expired;
  }
  try {
    static_cast<void>(co_await timeout(5ms, socket.try_receive(into)));
  } catch (const timeout_error&) {
    ++expired;
  }
  std::array<datagram_slot, 1> slots{datagram_slot{into}};
  try {
    static_cast<void>(co_await timeout(5ms, socket.receive_many(slots)));
  } catch (const timeout_error&) {
    ++expired;
  }
  EXPECT_EQ(expired, 3);
  co_await socket.send_to(bytes_of("late"), socket.local_address());
  const std::size_t count = co_await socket.receive(into);
  EXPECT_EQ(text_of(std::span(into).first(count)), "late") << "the socket is as good as before";
}

TEST_P(udp_socket_test, every_wait_can_have_a_deadline_and_loses_nothing_by_it) {
  run(wait_in_vain());
}

task<void> receive_numbers(udp_socket& socket, std::multiset<std::string>& seen) {
  std::array<std::byte, 8> into{};
  while (true) {
    const datagram got = co_await socket.receive_from(into);
    // Before the next suspension, at which a cancellation that came too late is delivered.
    seen.insert(text_of(std::span(into).first(got.size)));
  }
}

task<void> cancel_receivers(int rounds) {
  auto from = udp_socket::bind(address::loopback(0));
  auto to = udp_socket::bind(address::loopback(0));
  std::multiset<std::string> seen;
  std::multiset<std::string> sent;
  for (int round = 0; round < rounds; ++round) {
    auto receiving = spawn(receive_numbers(to, seen));
    if (round % 3 == 0) {
      co_await jackdaw::yield();
    }
    const std::string text = std::to_string(round);
    sent.insert(text);
    co_await from.send_to(bytes_of(text), to.local_address());
    receiving.cancel();
    try {
      co_await receiving;
    } catch (const cancelled_error&) {
      // As asked.
    }
  }
  co_await from.send_to(bytes_of("end"), to.local_address());
  std::array<std::byte, 8> into{};
  while (true) {
    const datagram got = co_await to.receive_from(into);
    const std::string text = text_of(std::span(into).first(got.size));
    if (text == "end") {
      break;
    }
    seen.insert(text);
  }
  EXPECT_EQ(seen, sent) << "each datagram exactly once";
}

// The kernel uses header and address until the last completion (P33).
TEST_P(udp_socket_test, a_receiver_cancelled_in_any_instant_loses_no_datagram) {
  run(cancel_receivers(testing::scaled(2000)));
}

// -- Multicast --------------------------------------------------------------------------------------------

task<void> meet_in_a_group(std::string group_name, address any) {
  const unsigned loopback = ::if_nametoindex("lo");
  auto member = udp_socket::bind(any);
  const std::uint16_t port = member.local_address().port();
  const address group = address::parse(group_name + ":" + std::to_string(port));
  member.join_group(group, loopback);
  int number = 0;
  try {
    member.join_group(group, loopback);
  } catch (const error& twice) {
    number = twice.number();
    EXPECT_NE(std::string(twice.what()).find(group.to_string()), std::string::npos);
  }
  EXPECT_EQ(number, EADDRINUSE);
  auto sender = udp_socket::bind(any);
  sender.set_multicast_interface(loopback);
  // The loopback interface itself loops, whatever the sender says: so the options are only looked at.
  const int level = any.is_ipv6() ? IPPROTO_IPV6 : IPPROTO_IP;
  const int loop = any.is_ipv6() ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP;
  const int hops = any.is_ipv6() ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL;
  sender.set_multicast_loop(false);
  EXPECT_EQ(sender.raw_socket().option(level, loop), 0);
  sender.set_multicast_loop(true);
  EXPECT_EQ(sender.raw_socket().option(level, loop), 1);
  sender.set_multicast_hops(3);
  EXPECT_EQ(sender.raw_socket().option(level, hops), 3);
  std::array<std::byte, 16> into{};
  const result<std::size_t> sent = co_await sender.try_send_to(bytes_of("heard"), group);
  // IPv6 needs a route to groups, which a loopback interface may not have.
  EXPECT_TRUE(sent.ok() || (any.is_ipv6() && sent.error_number() == ENETUNREACH))
      << sent.error_number();
  if (sent.ok()) {
    const datagram first = co_await member.receive_from(into);
    EXPECT_EQ(text_of(std::span(into).first(first.size)), "heard");
    EXPECT_EQ(first.sender.port(), sender.local_address().port());
  }
  member.leave_group(group, loopback);
  EXPECT_THROW(member.leave_group(group, loopback), error);
}

TEST_P(udp_socket_test, members_of_a_group_receive_what_is_sent_to_it) {
  run(meet_in_a_group("239.255.77.31", address::any(0)));
}

TEST_P(udp_socket_test, members_of_an_ipv6_group_receive_what_is_sent_to_it) {
  try {
    static_cast<void>(udp_socket::bind(address::parse("[::1]:0")));
  } catch (const error& refused) {
    GTEST_SKIP() << refused.what();
  }
  run(meet_in_a_group("[ff15::6a61:636b]", address::parse("[::]:0")));
}

}  // namespace
}  // namespace jackdaw::io
