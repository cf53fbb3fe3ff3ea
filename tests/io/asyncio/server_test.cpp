// tests/io/asyncio/server_test.cpp
//
// Goal: a server accepts while it serves, keeps its connections when it is closed, and is over when they are
// (S237 to S243). Method: clients that are plain sockets, so that nothing but the server is tested.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/server.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::protocol_trace;

class server_test : public testing::io_test {};
JACKDAW_OVER_IO(server_test, testing::loop_kinds());

struct counts_itself : protocol_trace {
  explicit counts_itself(int& counted) : count(&counted) { ++*count; }
  ~counts_itself() override { --*count; }
  int* count;
};

// A connection in the kernel, of which the server does not know yet.
jackdaw::io::socket client_of(const server& serves) {
  const raw_socket_name name(serves.sockets().front());
  jackdaw::io::socket client = jackdaw::io::socket::open(AF_INET, SOCK_STREAM);
  const int status = ::connect(client.native_handle(), name.raw(), name.length);
  EXPECT_TRUE(status == 0 || errno == EINPROGRESS);
  return client;
}

protocol_factory counting(int& count) {
  return [&count] { return std::make_shared<counts_itself>(count); };
}

task<> close_keeps_connections(int& count) {
  const auto serves = co_await create_server(counting(count), "127.0.0.1", 0);
  EXPECT_TRUE(serves->is_serving());
  auto client = client_of(*serves);
  co_await let_turns_pass(5);
  EXPECT_EQ(count, 1);
  serves->close();
  serves->close();
  EXPECT_FALSE(serves->is_serving());
  EXPECT_TRUE(serves->sockets().empty());
  auto waits = spawn(serves->wait_closed());
  co_await let_turns_pass(3);
  EXPECT_FALSE(waits.done());
  client.close();
  co_await waits;
  co_await let_turns_pass(2);
  EXPECT_EQ(count, 0);
  co_await serves->wait_closed();  // Does not wait any more.
}

TEST_P(server_test, close_keeps_the_connections_and_wait_closed_waits_for_them) {  // S240, S241
  int count = 0;
  run(close_keeps_connections(count));
}

task<int> ends_of_clients(bool abort) {
  int count = 0;
  const auto serves = co_await create_server(counting(count), "127.0.0.1", 0);
  std::vector<jackdaw::io::socket> clients;
  for (int each = 0; each < 5; ++each) {
    clients.push_back(client_of(*serves));
  }
  co_await let_turns_pass(6);
  const int connected = count;
  serves->close();
  if (abort) {
    serves->abort_clients();
  } else {
    serves->close_clients();
  }
  co_await serves->wait_closed();
  co_return connected;
}

TEST_P(server_test, its_clients_can_be_closed_or_aborted) {
  EXPECT_EQ(run(ends_of_clients(false)), 5);
  EXPECT_EQ(run(ends_of_clients(true)), 5);
}

task<int> accepted_in_one_turn(int backlog) {
  int count = 0;
  server_options options;
  options.start_serving = false;
  options.backlog = backlog;
  const auto serves = co_await create_server(counting(count), "127.0.0.1", 0, options);
  EXPECT_FALSE(serves->is_serving());
  co_await serves->start_serving();
  co_await serves->start_serving();
  std::vector<jackdaw::io::socket> clients;
  for (int each = 0; each < 4; ++each) {
    clients.push_back(client_of(*serves));
  }
  while (count == 0) {
    co_await yield();  // The turn in which the tasks begin that the accepting turn made.
  }
  const int accepted = count;
  serves->close();
  co_await let_turns_pass(3);
  serves->abort_clients();
  co_await serves->wait_closed();
  co_return accepted;
}

TEST_P(server_test, up_to_backlog_connections_are_accepted_in_a_turn) {  // S238
  EXPECT_EQ(run(accepted_in_one_turn(100)), 4);
  EXPECT_EQ(run(accepted_in_one_turn(2)), 2);
}

task<std::string> forever() {
  int count = 0;
  const auto serves = co_await create_server(counting(count), "127.0.0.1", 0);
  auto runs = spawn(serves->serve_forever());
  co_await let_turns_pass(2);
  std::string log;
  try {
    co_await serves->serve_forever();
  } catch (const std::runtime_error& error) {
    log = error.what();
  }
  runs.cancel();
  co_await let_turns_pass(4);
  EXPECT_TRUE(runs.cancelled());
  EXPECT_FALSE(serves->is_serving());
  try {
    co_await serves->serve_forever();
  } catch (const std::runtime_error& error) {
    log += std::string(" / ") + error.what();
  }
  co_return log;
}

TEST_P(server_test, serve_forever_ends_with_its_cancellation_and_is_had_once) {
  EXPECT_EQ(run(forever()),
            "server is already being awaited on serve_forever() / server is closed");
}

task<> factory_that_fails() {
  const protocol_factory fails = []() -> std::shared_ptr<base_protocol> {
    throw std::runtime_error("no protocol today");
  };
  const auto serves = co_await create_server(fails, "127.0.0.1", 0);
  auto client = client_of(*serves);
  co_await let_turns_pass(5);
  char byte = 0;
  EXPECT_EQ(::recv(client.native_handle(), &byte, 1, MSG_DONTWAIT), 0);
  EXPECT_TRUE(serves->is_serving());
  serves->close();
  co_await serves->wait_closed();
}

TEST_P(server_test, a_connection_without_a_protocol_is_closed_and_the_server_goes_on) {
  run(factory_that_fails());
}

// No descriptor can be had while this exists.
class no_descriptors {
 public:
  no_descriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~no_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

 private:
  rlimit before_{};
};

task<> out_of_descriptors() {
  int count = 0;
  const auto serves = co_await create_server(counting(count), "127.0.0.1", 0);
  auto client = client_of(*serves);
  {
    const no_descriptors nothing_left;
    co_await let_turns_pass(3);
  }
  EXPECT_EQ(count, 0);
  while (count == 0) {  // A second later.
    co_await sleep(std::chrono::milliseconds(20));
  }
  serves->close();
  serves->abort_clients();
  co_await serves->wait_closed();
}

TEST_P(server_test, without_descriptors_it_says_so_once_and_tries_again_later) {  // S239
  expect_failures();
  run(out_of_descriptors());
  const std::string said = failures().text();
  EXPECT_NE(said.find("socket.accept() out of system resource"), std::string::npos) << said;
}

task<int> address_in_use() {
  int count = 0;
  const auto first = co_await create_server(counting(count), "127.0.0.1", 0);
  const std::uint16_t port = first->sockets().front().address().port();
  int number = 0;
  try {
    co_await create_server(counting(count), "127.0.0.1", port);
  } catch (const error& refused) {
    number = refused.number();
  }
  first->close();
  co_return number;
}

TEST_P(server_test, an_address_that_is_taken_is_refused) {
  EXPECT_EQ(run(address_in_use()), EADDRINUSE);
}

task<int> second_of_two_that_listen() {
  int count = 0;
  server_options options;
  options.start_serving = false;
  auto first = jackdaw::io::socket::open(AF_INET, SOCK_STREAM);
  const raw_socket_name name{socket_name(address::loopback(0))};
  EXPECT_EQ(::bind(first.native_handle(), name.raw(), name.length), 0);
  auto second = jackdaw::io::socket::open(AF_INET, SOCK_STREAM);
  second.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  first.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  const raw_socket_name same{socket_name(first.local_address())};
  EXPECT_EQ(::bind(second.native_handle(), same.raw(), same.length), 0);
  const auto serves = co_await create_server(counting(count), std::move(first), options);
  co_await serves->start_serving();
  int number = 0;
  try {
    options.start_serving = true;  // One may listen on a port, not two.
    co_await create_server(counting(count), std::move(second), options);
  } catch (const error& refused) {
    number = refused.number();
  }
  EXPECT_TRUE(serves->is_serving());
  serves->close();
  co_return number;
}

TEST_P(server_test, one_that_cannot_listen_is_closed) {
  EXPECT_EQ(run(second_of_two_that_listen()), EADDRINUSE);
}

task<> left_serving(int& count) {
  const auto serves = co_await create_server(counting(count), "127.0.0.1", 0);
  const auto client = client_of(*serves);
  co_await let_turns_pass(5);
  EXPECT_EQ(count, 1);
}

TEST_P(server_test, one_that_is_left_open_is_given_up_with_the_loop) {
  int count = 0;
  run(left_serving(count));
  EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace jackdaw::io::asyncio
