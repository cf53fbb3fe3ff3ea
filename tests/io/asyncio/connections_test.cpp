// tests/io/asyncio/connections_test.cpp
//
// Goal: create_connection() and its like give a transport and the protocol that the factory made, or say why not
// (S217). Method: servers on loopback and on local sockets, and addresses where nobody listens.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/server.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::protocol_trace;
using testing::receive_now;

const auto make_trace = [] { return std::make_shared<protocol_trace>(); };

class connections_test : public testing::io_test {};
JACKDAW_OVER_IO(connections_test, testing::loop_kinds());

struct greets : protocol_trace {
  void connection_made(const std::shared_ptr<asyncio::transport>& made) override {
    made->write("hello");
    made->close();
  }
};

const auto make_greeting = [] { return std::make_shared<greets>(); };

task<std::string> greeted(std::string host) {
  const auto serves = co_await create_server(make_greeting, "127.0.0.1", 0);
  const std::uint16_t port = serves->sockets().front().address().port();
  connection_options options;
  options.family = AF_INET;
  auto [made, told] = co_await create_connection(make_trace, host, port, options);
  serves->close();
  co_await serves->wait_closed();
  while (made->get_protocol() != nullptr) {
    co_await yield();
  }
  co_return told->log;
}

TEST_P(connections_test, a_number_is_connected_to_and_a_name_is_looked_up) {
  EXPECT_EQ(run(greeted("127.0.0.1")), "made data:hello eof lost:None");
  EXPECT_EQ(run(greeted("localhost")), "made data:hello eof lost:None");
}

task<std::uint16_t> free_port() {
  const auto bound = co_await create_server(make_greeting, "127.0.0.1", 0);
  const std::uint16_t port = bound->sockets().front().address().port();
  bound->close();
  co_return port;
}

task<int> refusal() {
  const std::uint16_t port = co_await free_port();
  int number = 0;
  try {
    co_await create_connection(make_trace, "127.0.0.1", port);
  } catch (const error& refused) {
    number = refused.number();
  }
  connection_options all;
  all.all_errors = true;
  try {
    co_await create_connection(make_trace, "127.0.0.1", port, all);
  } catch (const exception_group& group) {
    EXPECT_EQ(group.exceptions().size(), 1U);
    number *= 2;
  }
  co_return number;
}

TEST_P(connections_test, who_cannot_connect_learns_why) {
  EXPECT_EQ(run(refusal()), 2 * ECONNREFUSED);
}

task<std::string> from_a_given_address() {
  const auto serves = co_await create_server(make_trace, "127.0.0.1", 0);
  connection_options options;
  options.local_addr = address::parse("127.0.0.2:0");
  auto [made, told] = co_await create_connection(
      make_trace, "127.0.0.1", serves->sockets().front().address().port(), options);
  const std::string host = made->get_extra_info().sockname->address().host();
  made->close();
  serves->close();
  co_await serves->wait_closed();
  co_return host;
}

TEST_P(connections_test, a_connection_comes_from_where_it_is_told_to) {
  EXPECT_EQ(run(from_a_given_address()), "127.0.0.2");
}

// Takes no connection, and refuses none: its queue is full.
class deaf_listener {
 public:
  deaf_listener() : listening_(jackdaw::io::socket::open(AF_INET, SOCK_STREAM)) {
    const address here = address::loopback(0);
    EXPECT_EQ(::bind(listening_.native_handle(), here.raw(), here.length()), 0);
    EXPECT_EQ(::listen(listening_.native_handle(), 0), 0);
    const address name = listening_.local_address();
    for (int count = 0; count < 2; ++count) {
      waiting_.push_back(jackdaw::io::socket::open(AF_INET, SOCK_STREAM));
      static_cast<void>(::connect(waiting_.back().native_handle(), name.raw(), name.length()));
    }
  }
  [[nodiscard]] address name() const { return listening_.local_address(); }

 private:
  jackdaw::io::socket listening_;
  std::vector<jackdaw::io::socket> waiting_;
};

task<bool> with_happy_eyeballs(std::vector<address> before, duration delay) {
  const auto serves = co_await create_server(make_greeting, "127.0.0.1", 0);
  const address listening = serves->sockets().front().address();
  connection_options options;
  options.happy_eyeballs_delay = delay;
  options.local_addr = endpoint_name("localhost", 0);
  before.push_back(listening);
  const jackdaw::io::socket made = co_await connected_to(std::move(before), options);
  const bool right = made.peer_address() == listening;
  serves->close();
  serves->abort_clients();
  co_await serves->wait_closed();
  co_return right;
}

TEST_P(connections_test, happy_eyeballs_do_not_wait_for_who_is_slow_or_has_failed) {
  const deaf_listener deaf;
  EXPECT_TRUE(run(with_happy_eyeballs({deaf.name()}, std::chrono::milliseconds(1))));
  EXPECT_TRUE(run(with_happy_eyeballs({address::loopback(1)}, std::chrono::hours(24))));
}

std::vector<address> where_nobody_is(std::uint16_t port) {
  std::vector<address> all;
  all.push_back(address::parse("[::1]:" + std::to_string(port)));
  all.push_back(address::loopback(port));
  return all;
}

task<> refused_in_several_ways() {
  const std::uint16_t port = co_await free_port();
  connection_options options;
  std::string text;
  try {
    co_await connected_to(where_nobody_is(port), options);
  } catch (const error& refused) {
    text = refused.what();
  }
  EXPECT_TRUE(text.starts_with("Multiple exceptions: ")) << text;
  EXPECT_NE(text.find("[::1]:"), std::string::npos);
  EXPECT_NE(text.find("127.0.0.1:"), std::string::npos);
  options.all_errors = true;
  options.happy_eyeballs_delay = std::chrono::milliseconds(1);
  options.local_addr = endpoint_name("127.0.0.2", 0);
  std::string second;
  try {
    co_await connected_to(where_nobody_is(port), options);
  } catch (const exception_group& group) {
    EXPECT_EQ(group.exceptions().size(), 2U);
    second = testing::text_of(group.exceptions().front());
  }
  EXPECT_NE(second.find("no local address"), std::string::npos) << second;
}

TEST_P(connections_test, of_several_addresses_each_has_its_error) {
  run(refused_in_several_ways());
}

task<> bound_elsewhere() {
  connection_options options;
  options.local_addr = endpoint_name("192.0.2.1", 0);  // An address for documentation: nobody's.
  int number = 0;
  try {
    co_await connected_to(where_nobody_is(1), options);
  } catch (const error& refused) {
    number = refused.number();
  }
  EXPECT_NE(number, 0);
  auto nowhere = connected_to({}, options);
  EXPECT_THROW(co_await std::move(nowhere), error);
}

TEST_P(connections_test, who_cannot_be_where_it_is_told_to_or_has_nobody_to_call_learns_it) {
  run(bound_elsewhere());
}

task<std::string> over_a_local_socket(std::string path) {
  const auto serves = co_await create_unix_server(make_greeting, path);
  EXPECT_EQ(serves->sockets().front(), socket_name(path));
  auto [made, told] = co_await create_unix_connection(make_trace, path);
  EXPECT_EQ(made->get_extra_info().peername, socket_name(path));
  while (made->get_protocol() != nullptr) {
    co_await yield();
  }
  serves->close();
  co_await serves->wait_closed();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);  // S243
  co_return told->log;
}

TEST_P(connections_test, a_local_server_is_found_by_its_path_and_removes_it) {
  const std::string path =
      ::testing::TempDir() + "jackdaw_connections_" + std::to_string(::getpid());
  EXPECT_EQ(run(over_a_local_socket(path)), "made data:hello eof lost:None");
}

task<std::string> accepted_elsewhere() {
  auto both = testing::connected_streams();
  auto [made, told] =
      co_await connect_accepted_socket(make_trace, std::move(both.left.raw_socket()));
  made->write("taken over");
  made->close();
  co_await yield();
  co_return receive_now(both.right.native_handle());
}

TEST_P(connections_test, a_socket_that_was_accepted_elsewhere_is_taken_over) {
  EXPECT_EQ(run(accepted_elsewhere()), "taken over");
}

task<> no_stream() {
  auto datagrams = jackdaw::io::socket::open(AF_INET, SOCK_DGRAM);
  auto creating = create_connection(make_trace, std::move(datagrams));
  EXPECT_THROW(co_await std::move(creating), std::invalid_argument);
}

TEST_P(connections_test, what_is_no_stream_is_refused) { run(no_stream()); }

task<std::string> cancelled_at_the_door() {
  testing::socket_and_peer ends;
  auto creating = spawn(create_connection(make_trace, ends.take()));
  co_await yield();
  creating.cancel();
  co_await let_turns_pass(4);
  EXPECT_TRUE(creating.cancelled());
  char byte = 0;
  co_return ::recv(ends.peer(), &byte, 1, MSG_DONTWAIT) == 0 ? "closed" : "open";
}

TEST_P(connections_test, a_cancelled_one_is_closed) {
  EXPECT_EQ(run(cancelled_at_the_door()), "closed");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
