// tests/io/tls/asyncio/cpython_ssl_test.cpp
//
// Goal: what CPython's test_ssl.py, test_sslproto.py and test_sendfile.py ask for and no other test of ours does.
// Method: theirs, with a peer that is driven by hand where they have a thread.
#include "ssl_ends.hpp"
#include <jackdaw/io/asyncio/sendfile.hpp>
#include <jackdaw/io/asyncio/ssl_context.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

using testing::as_client;
using testing::as_server;
using testing::let_turns_pass;
using testing::protocol_trace;
using testing::served_by_hand;
using testing::socket_and_peer;
using namespace std::chrono_literals;

const auto make_trace = [] { return std::make_shared<protocol_trace>(); };

class cpython_ssl_test : public testing::io_test {};
JACKDAW_OVER_IO(cpython_ssl_test, testing::loop_kinds());

template <class Trace>
task<> until_lost(const Trace& told) {
  while (told.log.find("lost") == std::string::npos) {
    co_await yield();
  }
}

// -- Within the handshake ---------------------------------------------------------------------------

task<int> reset_by_the_peer(std::shared_ptr<protocol_trace> told) {
  socket_and_peer ends;
  const auto factory = [told] { return told; };
  auto creating = spawn(create_connection(factory, ends.take(), as_client()));
  co_await let_turns_pass(3);
  ends.pair.right.close();  // Our hello has not been read: that is a reset.
  int number = 0;
  try {
    co_await creating;
  } catch (const error& failed) {
    number = failed.number();
  }
  co_return number;
}

TEST_P(cpython_ssl_test, a_reset_within_the_handshake_is_for_who_connects_alone) {
  const auto told = make_trace();
  EXPECT_EQ(run(reset_by_the_peer(told)), ECONNRESET);
  EXPECT_EQ(told->log, "");
}

task<> timed_out_within(ssl_options options) {
  socket_and_peer ends;
  auto creating = create_connection(make_trace, ends.take(), std::move(options));
  auto limited = timeout(5ms, std::move(creating));
  EXPECT_THROW(co_await std::move(limited), timeout_error);
}

task<> closed_in_order(ssl_options options) {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin(std::move(options));
  served.transport->close();
  served.client.say_goodbye();
  co_await until_lost(*told);
  told->transport = nullptr;
}

// Not held by the timers, which run for another 60 and 30 seconds.
TEST_P(cpython_ssl_test, a_connection_that_is_over_lets_its_context_go_at_once) {
  ssl_options client = as_client();
  const std::weak_ptr<const ssl_maker> of_client = client.ssl.shared();
  ssl_options server = as_server();
  const std::weak_ptr<const ssl_maker> of_server = server.ssl.shared();
  const auto both = [&]() -> task<> {
    co_await timed_out_within(std::move(client));
    co_await let_turns_pass(3);
    EXPECT_TRUE(of_client.expired());
    co_await closed_in_order(std::move(server));
    co_await let_turns_pass(3);
    EXPECT_TRUE(of_server.expired());
  };
  run(both());
}

task<> ended_over_tls(bool cancels) {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin();
  auto upgrading = spawn(start_tls(served.transport, told, testing::server_context()));
  co_await let_turns_pass(3);
  EXPECT_FALSE(upgrading.done());
  bool cancelled = false;
  if (cancels) {
    upgrading.cancel();
    co_await let_turns_pass(3);
    served.client.say_goodbye();  // For the outer one, which is closed in order.
  } else {
    served.transport->abort();
  }
  co_await until_lost(*told);
  EXPECT_EQ(told->log,
            cancels ? "made lost:TLS handshake: Connection reset by peer" : "made lost:None");
  try {
    const auto made = co_await upgrading;
    EXPECT_TRUE(made->is_closing());  // As in asyncio: an abort is no error.
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  EXPECT_EQ(cancelled, cancels);
  told->transport = nullptr;
}

// gh-113214. The fixture fails if anything is reported.
TEST_P(cpython_ssl_test, tls_over_tls_may_be_ended_while_it_begins) {
  run(ended_over_tls(true));
  run(ended_over_tls(false));
}

// -- Buffered protocols -----------------------------------------------------------------------------

struct buffer_of final : buffered_protocol {
  explicit buffer_of(std::size_t size) : room(size) {}
  void connection_made(const std::shared_ptr<transport>& /*made*/) override { log += "made"; }
  std::span<std::byte> get_buffer(std::ptrdiff_t /*size_hint*/) override { return room; }
  void buffer_updated(std::size_t count) override {
    got += testing::text_of(std::span(room).first(count));
  }
  bool eof_received() override { return false; }
  void connection_lost(std::exception_ptr error) override {
    log += " lost:" + testing::text_of(error);
  }

  std::vector<std::byte> room;
  std::string got;
  std::string log;
};

task<std::string> received_in(std::size_t size, std::string_view text) {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin();
  const auto buffered = std::make_shared<buffer_of>(size);
  served.transport->set_protocol(buffered);
  told->transport = nullptr;
  served.client.write(text);
  served.client.say_goodbye();
  co_await until_lost(*buffered);
  co_return buffered->got + buffered->log;
}

TEST_P(cpython_ssl_test, a_buffer_of_any_size_gets_all_bytes) {
  for (const std::size_t size : {1U, 2U, 4U, 5U, 100U}) {
    EXPECT_EQ(run(received_in(size, "12345")), "12345 lost:None");
    EXPECT_EQ(run(received_in(size, "1234")), "1234 lost:None");
  }
}

TEST_P(cpython_ssl_test, an_empty_buffer_ends_the_connection) {
  expect_failures();
  EXPECT_EQ(run(received_in(0, "12345")), " lost:get_buffer() returned an empty buffer");
  EXPECT_EQ(failures().all().size(), 1U);
}

// Both ends change from plain protocols to buffered ones when TLS begins.
task<std::string> upgraded_with_buffers() {
  auto local = testing::local_streams();
  const auto left = make_trace();
  const auto right = make_trace();
  const auto make_left = [left] { return left; };
  const auto make_right = [right] { return right; };
  auto [made, left_told] =
      co_await create_connection(make_left, std::move(local.left.raw_socket()));
  auto [accepted, right_told] =
      co_await connect_accepted_socket(make_right, std::move(local.right.raw_socket()));
  left->transport = nullptr;
  right->transport = nullptr;
  made->write("plain");
  while (right->log != "made data:plain") {
    co_await yield();
  }
  const auto left_buffer = std::make_shared<buffer_of>(1);
  const auto right_buffer = std::make_shared<buffer_of>(1000);
  made->set_protocol(left_buffer);
  accepted->set_protocol(right_buffer);
  start_tls_options named;
  named.server_hostname = "localhost";
  auto left_begins = spawn(start_tls(made, left_buffer, testing::client_context(), named));
  auto right_begins = spawn(start_tls(accepted, right_buffer, testing::server_context()));
  const auto left_over_tls = co_await left_begins;
  const auto right_over_tls = co_await right_begins;
  left_over_tls->write("hello");
  right_over_tls->write("world");
  while (left_buffer->got != "world" || right_buffer->got != "hello") {
    co_await yield();
  }
  left_over_tls->close();
  co_await until_lost(*left_buffer);
  co_await until_lost(*right_buffer);
  co_return left->log + "|" + right->log + "|" + left_buffer->log + "|" + right_buffer->log;
}

TEST_P(cpython_ssl_test, tls_begins_with_buffered_protocols_that_know_their_connection) {
  EXPECT_EQ(run(upgraded_with_buffers()), "made|made data:plain| lost:None| lost:None");
}

// -- Files ------------------------------------------------------------------------------------------

task<std::string> file_in_between(std::string path, sendfile_options options,
                                  std::uint64_t& count) {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin();
  file from = co_await file::open(std::move(path));
  served.transport->write("before ");
  count = co_await sendfile(served.transport, from, options);
  served.transport->write(" after");
  served.transport->close();
  served.client.say_goodbye();  // The peer goes as soon as it has all.
  co_await until_lost(*told);
  told->transport = nullptr;
  co_return served.client.read() + " " + told->log;
}

TEST_P(cpython_ssl_test, a_part_of_a_file_goes_between_what_is_written) {
  const testing::scratch_file made("0123456789");
  std::uint64_t count = 0;
  EXPECT_EQ(run(file_in_between(made.path(), {}, count)),
            "before 0123456789 afterended made eof lost:None");
  EXPECT_EQ(count, 10U);
  sendfile_options part;
  part.offset = 3;
  part.count = 4;
  EXPECT_EQ(run(file_in_between(made.path(), part, count)),
            "before 3456 afterended made eof lost:None");
  EXPECT_EQ(count, 4U);
}

}  // namespace
}  // namespace jackdaw::io::asyncio
