// tests/io/tls/asyncio/ssl_protocol_test.cpp
//
// Goal: TLS under asyncio's names: a program's protocol sees of a connection what it sees without TLS (S218), and
// what goes wrong reaches who has to know. Method: both ends in one loop, or one of them by hand.
#include "ssl_ends.hpp"
#include <jackdaw/io/asyncio/server.hpp>
#include <jackdaw/io/asyncio/streams.hpp>
#include <jackdaw/io/tls/asyncio/ssl_protocol.hpp>
#include <jackdaw/io/tls/tls_error.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/wait.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
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

class ssl_protocol_test : public testing::io_test {};
JACKDAW_OVER_IO(ssl_protocol_test, testing::loop_kinds());

task<> until_lost(const protocol_trace& told) {
  while (told.log.find("lost") == std::string::npos) {
    co_await yield();
  }
}

// Whatever becomes of it.
template <class T>
task<> ignored(task<T> trying) {
  try {
    co_await std::move(trying);
  } catch (const error&) {  // The other end was cancelled.
  }
}

std::uint16_t port_of(const std::shared_ptr<server>& serves) {
  return serves->sockets().front().address().port();
}

// -- Connections and servers ----------------------------------------------------------------------

task<> echo_lines(stream_reader reader, stream_writer writer) {
  while (true) {
    const std::string line = co_await reader.readline();
    if (line.empty()) {
      break;
    }
    writer.write(line);
    co_await writer.drain();
  }
  writer.close();
  co_await writer.wait_closed();
}

task<std::string> echoed_over_streams() {
  server_options secure;
  secure.ssl = testing::server_context();
  const auto serves = co_await start_server(&echo_lines, "127.0.0.1", 0, secure);
  connection_options options;
  options.ssl = testing::client_context();
  options.family = AF_INET;
  std::string got;
  {
    auto [reader, writer] = co_await open_connection("localhost", port_of(serves),
                                                     stream_reader::limit_default, options);
    writer.write("first\n");
    got += co_await reader.readline();
    writer.write("second\nthird\n");
    got += co_await reader.readline();
    got += co_await reader.readline();
    const auto session = writer.get_extra_info().ssl_object;
    got += session->version + " " + session->peer_subject;
    writer.close();
    co_await writer.wait_closed();
  }
  serves->close();
  co_await serves->wait_closed();
  co_return got;
}

TEST_P(ssl_protocol_test, a_stream_server_echoes_lines) {
  EXPECT_EQ(run(echoed_over_streams()), "first\nsecond\nthird\nTLSv1.3 CN = localhost");
}

struct greets : protocol_trace {
  void connection_made(const std::shared_ptr<asyncio::transport>& made) override {
    protocol_trace::connection_made(made);
    made->write("hello");
    made->close();
  }
};

task<std::string> greeted() {
  const auto greeter = std::make_shared<greets>();
  server_options secure;
  secure.ssl = testing::server_context();
  const auto factory = [greeter] { return greeter; };
  const auto serves = co_await create_server(factory, "127.0.0.1", 0, secure);
  connection_options options;
  options.ssl = testing::client_context();
  options.server_hostname = "localhost";
  auto [made, told] = co_await create_connection(make_trace, "127.0.0.1", port_of(serves), options);
  const bool has_names = made->get_extra_info().peername == serves->sockets().front();
  serves->close();
  co_await serves->wait_closed();
  co_await until_lost(*told);
  co_await until_lost(*greeter);
  greeter->transport = nullptr;
  co_return (has_names ? "" : "no names ") + told->log + " | " + greeter->log;
}

TEST_P(ssl_protocol_test, protocols_see_what_they_see_without_tls) {
  EXPECT_EQ(run(greeted()), "made data:hello eof lost:None | made eof lost:None");
}

// -- ssl=True, and what get_extra_info() tells -------------------------------------------------------

// What the system trusts, for as long as this lives.
class system_authorities {
 public:
  explicit system_authorities(const std::string& path) { ::setenv(name, path.c_str(), 1); }
  system_authorities(const system_authorities&) = delete;
  system_authorities& operator=(const system_authorities&) = delete;
  ~system_authorities() { ::unsetenv(name); }

 private:
  static constexpr const char* name = "SSL_CERT_FILE";
};

// "TLSv1.3", or who refused.
task<std::string> connected_by_default(std::optional<std::string> name) {
  server_options secure;
  secure.ssl = testing::server_context();
  const auto serves = co_await create_server(make_trace, "127.0.0.1", 0, secure);
  connection_options options;
  options.ssl = true;
  options.server_hostname = std::move(name);
  std::string outcome;
  try {
    auto [made, told] =
        co_await create_connection(make_trace, "localhost", port_of(serves), options);
    outcome = made->get_extra_info().ssl_object->version;
    made->close();
    co_await until_lost(*told);
  } catch (const tls_error&) {
    outcome = "refused";
  }
  serves->close();
  serves->abort_clients();
  co_await serves->wait_closed();
  co_return outcome;
}

TEST_P(ssl_protocol_test, true_is_a_context_with_the_systems_authorities) {
  EXPECT_EQ(run(connected_by_default({})), "refused");
  const testing::scratch_file trusted(testing::trusted_authority().certificate());
  const system_authorities changed(trusted.path());
  EXPECT_EQ(run(connected_by_default({})), "TLSv1.3");
  EXPECT_EQ(run(connected_by_default("example.org")), "refused");
  // Without a name there is none to check; the authority is.
  EXPECT_EQ(run(connected_by_default("")), "TLSv1.3");
}

task<> refused_to_servers() {
  ssl_options options;
  options.ssl = true;
  socket_and_peer ends;
  bool refused = false;
  try {
    const auto made = co_await connect_accepted_socket(make_trace, ends.take(), options);
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  EXPECT_TRUE(refused);
}

TEST_P(ssl_protocol_test, true_is_refused_to_servers_and_false_is_no_tls) {
  run(refused_to_servers());
  ssl_options options;
  options.ssl = false;
  EXPECT_FALSE(ssl_setup::of_client(options, "host").context);
}

task<> told_by_extra_info() {
  server_options secure;
  const ssl_context servers = testing::server_context();
  secure.ssl = servers;
  const auto greeter = std::make_shared<protocol_trace>();
  const auto factory = [greeter] { return greeter; };
  const auto serves = co_await create_server(factory, "127.0.0.1", 0, secure);
  connection_options options;
  options.ssl = testing::client_context();
  options.server_hostname = "localhost";
  auto [made, told] = co_await create_connection(make_trace, "127.0.0.1", port_of(serves), options);
  const extra_info& clients = made->get_extra_info();
  EXPECT_EQ(clients.sslcontext, options.ssl.shared());
  EXPECT_EQ(clients.ssl_object->cipher, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(clients.ssl_object->cipher_bits, 256);
  EXPECT_EQ(clients.ssl_object->peer_subject, "CN = localhost");
  EXPECT_NE(clients.ssl_object->peer_certificate, "");
  made->close();
  co_await until_lost(*told);
  // As in asyncio: what was agreed on is known still, the socket is not.
  EXPECT_EQ(clients.socket, -1);
  EXPECT_EQ(clients.sslcontext, options.ssl.shared());
  EXPECT_EQ(clients.ssl_object->version, "TLSv1.3");
  co_await until_lost(*greeter);
  EXPECT_EQ(greeter->transport->get_extra_info().sslcontext, servers.shared());
  EXPECT_EQ(greeter->transport->get_extra_info().ssl_object->peer_certificate, "");
  greeter->transport = nullptr;
  serves->close();
  co_await serves->wait_closed();
}

TEST_P(ssl_protocol_test, extra_info_tells_context_cipher_and_certificate_also_afterwards) {
  run(told_by_extra_info());
}

task<std::string> over_a_local_socket(std::string path) {
  server_options secure;
  secure.ssl = testing::server_context();
  const auto factory = [] { return std::make_shared<greets>(); };
  const auto serves = co_await create_unix_server(factory, path, secure);
  auto [made, told] = co_await create_unix_connection(make_trace, path, as_client());
  co_await until_lost(*told);
  serves->close();
  co_await serves->wait_closed();
  co_return told->log;
}

TEST_P(ssl_protocol_test, a_local_server_has_tls_as_well) {
  const std::string path = ::testing::TempDir() + "jackdaw_ssl_" + std::to_string(::getpid());
  EXPECT_EQ(run(over_a_local_socket(path)), "made data:hello eof lost:None");
}

// -- Handshakes that fail -------------------------------------------------------------------------

task<tls_failure> refused_by_the_client() {
  server_options secure;
  secure.ssl = testing::server_context();
  const auto serves = co_await create_server(make_trace, "127.0.0.1", 0, secure);
  connection_options options;
  options.ssl = testing::client_context();
  options.server_hostname = "example.org";
  tls_failure kind = tls_failure::none;
  try {
    co_await create_connection(make_trace, "127.0.0.1", port_of(serves), options);
  } catch (const tls_error& refused) {
    kind = refused.kind();
  }
  serves->close();
  co_await serves->wait_closed();
  co_return kind;
}

TEST_P(ssl_protocol_test, a_certificate_for_another_name_is_refused_and_nobody_else_is_told) {
  EXPECT_EQ(run(refused_by_the_client()), tls_failure::certificate);
}

task<int> failing(socket_and_peer& ends, std::shared_ptr<protocol_trace> told, ssl_options options,
                  std::string_view answer, bool hangs_up) {
  const auto factory = [told] { return told; };
  auto creating = spawn(create_connection(factory, ends.take(), std::move(options)));
  co_await let_turns_pass(3);
  EXPECT_FALSE(testing::receive_now(ends.peer()).empty());
  testing::send_now(ends.peer(), answer);
  if (hangs_up) {
    ::shutdown(ends.peer(), SHUT_WR);
  }
  int number = 0;
  try {
    co_await creating;
  } catch (const error& failed) {
    number = failed.number();
  }
  co_return number;
}

TEST_P(ssl_protocol_test, who_hangs_up_talks_nonsense_or_is_silent_ends_the_handshake) {
  const auto told = make_trace();
  socket_and_peer gone;
  EXPECT_EQ(run(failing(gone, told, as_client(), "", true)), ECONNRESET);
  socket_and_peer nonsense;
  EXPECT_EQ(run(failing(nonsense, told, as_client(), "HTTP/1.1 400 Bad Request\r\n", false)),
            EBADMSG);
  ssl_options hurried = as_client();
  hurried.ssl_handshake_timeout = 5ms;
  socket_and_peer silent;
  EXPECT_EQ(run(failing(silent, told, hurried, "", false)), ECONNABORTED);
  EXPECT_EQ(told->log, "");
}

task<std::string> cancelled_after(int turns) {
  socket_and_peer ends;
  const auto told = make_trace();
  const auto factory = [told] { return told; };
  auto creating = spawn(create_connection(factory, ends.take(), as_client()));
  co_await let_turns_pass(turns);
  creating.cancel();
  co_await let_turns_pass(4);
  EXPECT_TRUE(creating.cancelled());
  while (!testing::receive_now(ends.peer()).empty()) {
  }
  char byte = 0;
  const bool closed = ::recv(ends.peer(), &byte, 1, MSG_DONTWAIT) == 0;
  co_return (closed ? "closed " : "open ") + told->log;
}

TEST_P(ssl_protocol_test, a_cancelled_one_is_closed) {
  EXPECT_EQ(run(cancelled_after(1)), "closed ");  // Before the handshake.
  EXPECT_EQ(run(cancelled_after(3)), "closed ");  // Within it.
}

// Both ends are begun, and one is cancelled after so many turns, or both.
task<bool> cancelled_at(int turns, bool client, bool server, bool upgrades) {
  auto local = testing::local_streams();
  const auto left = make_trace();
  const auto right = make_trace();
  const auto make_left = [left] { return left; };
  const auto make_right = [right] { return right; };
  std::vector<join_handle<void>> both;
  if (upgrades) {
    auto [made, left_told] =
        co_await create_connection(make_left, std::move(local.left.raw_socket()));
    auto [accepted, right_told] =
        co_await connect_accepted_socket(make_right, std::move(local.right.raw_socket()));
    start_tls_options named;
    named.server_hostname = "localhost";
    both.push_back(spawn(ignored(start_tls(made, left, testing::client_context(), named))));
    both.push_back(spawn(ignored(start_tls(accepted, right, testing::server_context()))));
  } else {
    both.push_back(spawn(
        ignored(create_connection(make_left, std::move(local.left.raw_socket()), as_client()))));
    both.push_back(spawn(ignored(
        connect_accepted_socket(make_right, std::move(local.right.raw_socket()), as_server()))));
  }
  co_await let_turns_pass(turns);
  const bool in_time = !both[0].done() && !both[1].done();
  if (client) {
    both[0].cancel();
  }
  if (server) {
    both[1].cancel();
  }
  if (turns == 0 && upgrades) {  // A task that never ran did not close its connection.
    (client ? left : right)->transport->abort();
  }
  co_await wait(both);
  for (const auto& told : {left, right}) {
    if (told->transport != nullptr) {
      told->transport->abort();
    }
    while (told->log.starts_with("made") && told->log.find("lost") == std::string::npos) {
      co_await yield();
    }
    told->transport = nullptr;
  }
  co_return in_time;
}

TEST_P(ssl_protocol_test, a_cancellation_may_come_in_any_turn) {
  for (const bool upgrades : {false, true}) {
    for (const auto& [client, server] : {std::pair(true, false), {false, true}, {true, true}}) {
      int turns = 0;
      while (run(cancelled_at(turns, client, server, upgrades))) {
        ++turns;
      }
      EXPECT_GT(turns, 2);
    }
  }
}

// -- Ends -----------------------------------------------------------------------------------------

task<std::string> ended_by_the_peer(bool says_goodbye) {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin();
  served.client.write("last words");
  if (says_goodbye) {
    served.client.say_goodbye();
  }
  ::shutdown(served.ends.peer(), SHUT_WR);
  co_await until_lost(*told);
  told->transport = nullptr;
  co_return told->log + " " + served.client.read();
}

TEST_P(ssl_protocol_test, the_end_of_the_peer_is_the_end_and_is_answered) {
  EXPECT_EQ(run(ended_by_the_peer(true)), "made data:last words eof lost:None ended");
}

TEST_P(ssl_protocol_test, an_end_without_a_good_bye_is_an_end) {
  EXPECT_EQ(run(ended_by_the_peer(false)), "made data:last words eof lost:None ");
}

task<std::string> closed_here(bool answers) {
  const auto told = make_trace();
  served_by_hand served(told);
  ssl_options options = as_server();
  options.ssl_shutdown_timeout = answers ? 30s : 5ms;
  co_await served.begin(std::move(options));
  served.transport->write("bye");
  served.transport->close();
  served.transport->write("never");
  EXPECT_TRUE(served.transport->is_closing());
  co_await let_turns_pass(3);
  EXPECT_EQ(told->log, "made");  // It waits for the peer.
  std::string got = served.client.read();
  if (answers) {
    served.client.say_goodbye();
  }
  co_await until_lost(*told);
  told->transport = nullptr;
  co_return got + " " + told->log;
}

TEST_P(ssl_protocol_test, close_sends_what_was_written_and_waits_for_the_peer_s_good_bye) {
  EXPECT_EQ(run(closed_here(true)), "byeended made eof lost:None");
}

TEST_P(ssl_protocol_test, but_not_for_ever) {
  EXPECT_EQ(run(closed_here(false)), "byeended made lost:SSL shutdown timed out");
}

task<std::string> more_after_the_good_bye() {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin();
  served.transport->close();
  served.client.write("did you say something?");
  co_await until_lost(*told);
  told->transport = nullptr;
  co_return told->log;
}

TEST_P(ssl_protocol_test, data_after_our_good_bye_are_an_error_as_in_asyncio) {
  EXPECT_EQ(run(more_after_the_good_bye()), "made lost:application data after close notify");
}

task<std::string> tampered_with() {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin();
  testing::send_now(served.ends.peer(), std::string("\x17\x03\x03\x00\x20", 5));
  testing::send_now(served.ends.peer(), std::string(32, 'x'));
  co_await until_lost(*told);
  const bool is_tls_error = told->log.find("lost:None") == std::string::npos;
  told->transport = nullptr;
  co_return (is_tls_error ? "lost with an error " : "lost ") + served.client.read();
}

TEST_P(ssl_protocol_test, what_was_tampered_with_ends_the_connection_and_the_peer_is_alerted) {
  EXPECT_EQ(run(tampered_with()), "lost with an error failed");
}

task<std::string> aborted() {
  const auto told = make_trace();
  served_by_hand served(told);
  co_await served.begin();
  served.transport->abort();
  co_await until_lost(*told);
  told->transport = nullptr;
  served.transport->write("dropped");
  EXPECT_EQ(served.transport->get_protocol(), nullptr);
  EXPECT_EQ(served.transport->get_extra_info().socket, -1);
  co_return told->log + " " + served.client.read();
}

TEST_P(ssl_protocol_test, abort_says_nothing) { EXPECT_EQ(run(aborted()), "made lost:None "); }

struct throws_at_data : protocol_trace {
  void data_received(std::string_view /*data*/) override { throw std::logic_error("a mistake"); }
};

task<std::string> mistaken() {
  const auto told = std::make_shared<throws_at_data>();
  served_by_hand served(told);
  co_await served.begin();
  served.client.write("data");
  co_await until_lost(*told);
  told->transport = nullptr;
  co_return told->log;
}

TEST_P(ssl_protocol_test, what_a_protocol_throws_is_reported_and_ends_the_connection) {
  expect_failures();
  EXPECT_EQ(run(mistaken()), "made lost:a mistake");
  ASSERT_EQ(failures().all().size(), 1U);
}

TEST_P(ssl_protocol_test, the_end_of_the_loop_leaves_nothing_behind) {
  const auto told = make_trace();
  served_by_hand served(told);
  run(served.begin());
  const std::weak_ptr<transport> left = std::exchange(served.transport, nullptr);
  EXPECT_TRUE(told->transport->is_closing());
  told->transport->close();
  told->transport->abort();
  told->transport->write("dropped");
  told->transport->resume_reading();
  told->transport = nullptr;
  EXPECT_TRUE(left.expired());
  EXPECT_EQ(told->log, "made");
}

// -- Beginning on a connection --------------------------------------------------------------------

task<> upgrading_server(stream_reader reader, stream_writer writer) {
  const std::string asked = co_await reader.readline();
  EXPECT_EQ(asked, "STARTTLS\n");
  writer.write("go\n");
  co_await writer.start_tls(testing::server_context());
  co_await echo_lines(std::move(reader), std::move(writer));
}

task<std::string> upgraded(bool waits_for_leave) {
  const auto serves = co_await start_server(&upgrading_server, "127.0.0.1", 0);
  std::string got;
  {
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(serves));
    writer.write("STARTTLS\n");
    start_tls_options named;
    named.server_hostname = "localhost";
    if (waits_for_leave) {
      got += co_await reader.readline();
      co_await writer.start_tls(testing::client_context(), named);
    }
    writer.write("secret\n");
    got += co_await reader.readline();
    got += writer.get_extra_info().ssl_object != nullptr ? "encrypted" : "plain";
    writer.close();
    co_await writer.wait_closed();
  }
  serves->close();
  co_await serves->wait_closed();
  co_return got;
}

TEST_P(ssl_protocol_test, a_stream_begins_tls_in_the_middle) {
  EXPECT_EQ(run(upgraded(true)), "go\nsecret\nencrypted");
}

// What follows the request is for TLS, or nobody: never for the reader of the secured stream.
TEST_P(ssl_protocol_test, plain_text_behind_the_request_is_not_taken_for_secured) {
  expect_failures();  // Of the handler, whose handshake fails.
  EXPECT_EQ(run(upgraded(false)), "go\nplain");
  EXPECT_EQ(failures().all().size(), 1U);
}

task<std::string> early_hello() {
  socket_and_peer ends;
  testing::hand_driven_client client(ends.peer());
  auto [reader, writer] = co_await open_connection(ends.take());
  testing::send_now(ends.peer(), "STARTTLS\n");
  const auto first = client.engine().handshake();
  EXPECT_EQ(first, tls_engine::step::input);
  client.send_output();
  std::string got = co_await reader.readline();  // The client's hello is in the reader now.
  auto upgrading = spawn(writer.start_tls(testing::server_context()));
  co_await client.shake_hands();
  co_await upgrading;
  client.write("secret\n");
  got += co_await reader.readline();
  client.say_goodbye();
  writer.close();
  co_await writer.wait_closed();
  co_return got;
}

TEST_P(ssl_protocol_test, a_hello_that_arrived_early_is_not_lost) {
  EXPECT_EQ(run(early_hello()), "STARTTLS\nsecret\n");
}

task<std::string> twice() {
  socket_and_peer ends;
  auto local = testing::local_streams();
  const auto left_told = make_trace();
  const auto right_told = make_trace();
  auto left_creating = spawn(create_connection([left_told] { return left_told; },
                                               std::move(local.left.raw_socket()), as_client()));
  auto right_creating = spawn(connect_accepted_socket(
      [right_told] { return right_told; }, std::move(local.right.raw_socket()), as_server()));
  auto left = co_await left_creating;
  auto right = co_await right_creating;
  start_tls_options named;
  named.server_hostname = "localhost";
  auto inner_left = spawn(start_tls(left.first, left_told, testing::client_context(), named));
  auto inner_right = spawn(start_tls(right.first, right_told, testing::server_context()));
  const auto left_inner = co_await inner_left;
  const auto right_inner = co_await inner_right;
  left_inner->write("well wrapped");
  left_inner->close();
  co_await until_lost(*left_told);
  co_await until_lost(*right_told);
  left_told->transport = nullptr;
  right_told->transport = nullptr;
  co_return left_told->log + " | " + right_told->log;
}

TEST_P(ssl_protocol_test, tls_goes_over_tls) {
  EXPECT_EQ(run(twice()), "made eof lost:None | made data:well wrapped eof lost:None");
}

task<std::string> cancelled_upgrade() {
  socket_and_peer ends;
  const auto told = make_trace();
  const auto factory = [told] { return told; };
  auto [made, kept] = co_await create_connection(factory, ends.take());
  start_tls_options named;
  named.server_hostname = "localhost";
  auto upgrading = spawn(start_tls(made, told, testing::client_context(), named));
  co_await let_turns_pass(3);
  upgrading.cancel();
  co_await until_lost(*told);
  EXPECT_TRUE(upgrading.cancelled());
  EXPECT_TRUE(made->is_closing());
  told->transport = nullptr;
  auto again = start_tls(made, told, testing::client_context(), named);
  EXPECT_THROW(co_await std::move(again), error);
  co_return told->log;
}

TEST_P(ssl_protocol_test, a_protocol_learns_that_its_connection_ended_while_tls_began) {
  EXPECT_EQ(run(cancelled_upgrade()), "made lost:None");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
