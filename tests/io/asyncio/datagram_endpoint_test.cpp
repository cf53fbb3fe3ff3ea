// tests/io/asyncio/datagram_endpoint_test.cpp
//
// Goal: datagrams come one by one and go in order; errors of the socket end nothing (S215). Method: endpoints on
// loopback and over local sockets that are full when the test wants it.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/datagram_endpoint.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;

struct datagram_trace : datagram_protocol {
  void connection_made(const std::shared_ptr<datagram_transport>& /*made*/) override {
    log += "made";
  }
  void datagram_received(std::string_view data, const socket_name& from) override {
    log.append(" ").append(data);
    sender = from;
  }
  void error_received(std::exception_ptr error) override {
    log += is_error<io::error>(error) ? " error" : " other";
  }
  void connection_lost(std::exception_ptr error) override {
    log += " lost:" + testing::text_of(error);
  }
  void pause_writing() override { log += " pause"; }
  void resume_writing() override { log += " resume"; }
  std::string log;
  socket_name sender;
};

const auto make_trace = [] { return std::make_shared<datagram_trace>(); };

class datagram_endpoint_test : public testing::io_test {};
JACKDAW_OVER_IO(datagram_endpoint_test, testing::loop_kinds());

datagram_options receiving() {
  datagram_options options;
  options.local_addr = address::loopback(0);
  return options;
}

task<std::string> there_and_back() {
  auto [server, heard] = co_await create_datagram_endpoint(make_trace, receiving());
  datagram_options to_server;
  to_server.remote_addr = server->get_extra_info().sockname;
  auto [client, answers] = co_await create_datagram_endpoint(make_trace, to_server);
  client->sendto("ping");
  client->sendto("");
  client->sendto("pong", server->get_extra_info().sockname);
  EXPECT_THROW(client->sendto("x", socket_name(address::loopback(1))), std::invalid_argument);
  co_await let_turns_pass(6);
  EXPECT_EQ(heard->log, "made ping  pong");
  server->sendto("back", heard->sender);
  server->sendto("to nobody");
  co_await let_turns_pass(4);
  client->close();
  server->close();
  co_await let_turns_pass(2);
  client->sendto("too late");
  co_return heard->log + " / " + answers->log;
}

TEST_P(datagram_endpoint_test, datagrams_come_one_by_one_from_whom_they_say) {
  EXPECT_EQ(run(there_and_back()), "made ping  pong error lost:None / made back lost:None");
}

task<std::string> nobody_listens() {
  datagram_options to_nobody;
  {
    auto [server, heard] = co_await create_datagram_endpoint(make_trace, receiving());
    to_nobody.remote_addr = server->get_extra_info().sockname;
    server->close();
    co_await let_turns_pass(2);
  }
  auto [client, told] = co_await create_datagram_endpoint(make_trace, to_nobody);
  client->sendto("hello?");
  co_await let_turns_pass(4);
  EXPECT_FALSE(client->is_closing());
  client->abort();
  co_await let_turns_pass(2);
  co_return told->log;
}

TEST_P(datagram_endpoint_test, an_error_is_told_and_ends_nothing) {
  EXPECT_EQ(run(nobody_listens()), "made error lost:None");
}

std::pair<jackdaw::io::socket, file_descriptor> local_pair() {
  int both[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both), 0);
  return {jackdaw::io::socket(file_descriptor(both[0])), file_descriptor(both[1])};
}

task<std::string> through_a_full_socket(std::string& order) {
  auto [own, peer] = local_pair();
  auto [sends, told] = co_await create_datagram_endpoint(make_trace, std::move(own));
  sends->set_write_buffer_limits(20);
  int sent = 0;
  while (sends->get_write_buffer_size() == 0) {
    sends->sendto(std::to_string(sent++));
  }
  EXPECT_LE(sends->get_write_buffer_size(), 20U);
  sends->sendto(std::string(100, 'z'));
  sends->close();
  int received = 0;
  bool ordered = true;
  std::string last;
  for (int quiet = 0; quiet < 5;) {
    const std::string datagram = testing::receive_now(peer.get());
    if (datagram.empty()) {
      ++quiet;
      co_await yield();
      continue;
    }
    ordered = ordered && (datagram == std::to_string(received) || received == sent);
    ++received;
    last = datagram;
  }
  order = ordered && received == sent + 1 && last == std::string(100, 'z') ? "in order" : "not";
  co_return told->log;
}

TEST_P(datagram_endpoint_test, what_does_not_fit_is_sent_later_and_in_order) {
  std::string order;
  EXPECT_EQ(run(through_a_full_socket(order)), "made pause resume lost:None");
  EXPECT_EQ(order, "in order");
}

task<> refused() {
  const datagram_options none;
  EXPECT_THROW(co_await datagram_socket(none), std::invalid_argument);
  datagram_options two_families = receiving();
  two_families.remote_addr = socket_name("/nowhere");
  EXPECT_THROW(co_await datagram_socket(two_families), std::invalid_argument);
  auto stream = testing::local_streams();
  auto creating = create_datagram_endpoint(make_trace, std::move(stream.left.raw_socket()));
  EXPECT_THROW(co_await std::move(creating), std::invalid_argument);
}

TEST_P(datagram_endpoint_test, what_is_no_datagram_socket_is_refused) { run(refused()); }

task<std::string> by_name() {
  datagram_options here;
  here.local_addr = endpoint_name("localhost", 0);
  here.family = AF_INET;
  auto [server, heard] = co_await create_datagram_endpoint(make_trace, here);
  const std::uint16_t port = server->get_extra_info().sockname->address().port();
  datagram_options there;
  there.local_addr = endpoint_name("127.0.0.2", 0);
  there.remote_addr =
      endpoint_name("localhost", port);  // Of both families; only one has both ends.
  auto [client, answers] = co_await create_datagram_endpoint(make_trace, there);
  client->sendto("ping");
  co_await let_turns_pass(3);
  EXPECT_EQ(heard->sender.address().host(), "127.0.0.2");
  client->close();
  server->close();
  co_await let_turns_pass(2);
  co_return heard->log;
}

TEST_P(datagram_endpoint_test, names_are_looked_up) {
  EXPECT_EQ(run(by_name()), "made ping lost:None");
}

task<> no_common_family() {
  datagram_options mixed = receiving();
  mixed.remote_addr = endpoint_name("::1", 9);
  auto creating = create_datagram_endpoint(make_trace, mixed);
  EXPECT_THROW(co_await std::move(creating), std::invalid_argument);
  datagram_options nowhere;
  nowhere.local_addr = endpoint_name("127.0.0.1", 0);
  nowhere.family = AF_INET6;
  auto without = create_datagram_endpoint(make_trace, nowhere);
  EXPECT_THROW(co_await std::move(without), error);
}

TEST_P(datagram_endpoint_test, ends_of_different_families_are_refused) { run(no_common_family()); }

}  // namespace
}  // namespace jackdaw::io::asyncio
