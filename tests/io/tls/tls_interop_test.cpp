// tests/io/tls/tls_interop_test.cpp
//
// Goal: we understand another implementation's programs, and they us. Method: openssl s_client and
// s_server as child processes over loopback, with certificates of ours in files; over all runtimes. Not
// tested, and said so, where there is no openssl command.
#include "../../support/stress.hpp"
#include "tls_pairs.hpp"
#include <jackdaw/io/process.hpp>
#include <jackdaw/io/tcp_listener.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::scratch_file;
using testing::text_of;
using testing::tls_client_options;
using testing::tls_server_options;

task<bool> has_openssl() {
  process_options options("openssl", {"version"});
  options.standard_output = stdio::null();
  result<process> child = co_await process::try_spawn(std::move(options));
  if (!child.ok()) {
    co_return false;
  }
  const exit_status status = co_await child->wait();
  co_return status.success();
}

class tls_interop_test : public testing::io_test {
 protected:
  void SetUp() override {
    io_test::SetUp();
    static const bool found = io::run(has_openssl(), mode::asyncio);
    if (!found) {
      std::cout << "NOT TESTED: no openssl command" << std::endl;
      GTEST_SKIP() << "no openssl command";
    }
  }
};
JACKDAW_OVER_IO(tls_interop_test, testing::all_io_kinds());

process_options openssl(std::vector<std::string> arguments) {
  process_options options("openssl", std::move(arguments));
  options.standard_input = stdio::pipe();
  options.standard_output = stdio::pipe();
  options.standard_error = stdio::to_output();
  return options;
}

/// Reads what a child says until `text` is in it, or the end.
task<std::string> read_until(child_output& from, std::string text) {
  std::string all;
  std::array<std::byte, 4096> into{};
  while (all.find(text) == std::string::npos) {
    const std::size_t count = co_await from.read_some(into);
    if (count == 0) {
      break;
    }
    all += text_of(std::span(into).first(count));
  }
  co_return all;
}

// -- Their client, our server ---------------------------------------------------------------------

/// Echoes one connection to its end. What the reading ended with.
task<tls_problem> echo_once(tcp_listener& listener, tls_context context, tls_session& session) {
  tls_stream stream(std::move(context), make_tls_transport(co_await listener.accept()));
  tls_problem problem;
  const result<void> done = co_await stream.try_handshake();
  if (!done.ok()) {
    problem = stream.problem();
    co_return problem;
  }
  session = stream.session();
  std::vector<std::byte> into(30'000);
  while (true) {
    const result<std::size_t> count = co_await stream.try_read_some(into);
    if (!count.ok() || *count == 0) {
      problem = stream.problem();
      break;
    }
    const result<std::size_t> written =
        co_await stream.try_write_all(std::span(into).first(*count));
    EXPECT_TRUE(written.ok()) << stream.problem().text;
  }
  static_cast<void>(co_await stream.try_shutdown_write());
  co_return problem;
}

std::vector<std::string> client_arguments(const tcp_listener& listener, const std::string& trusted,
                                          std::vector<std::string> more) {
  std::vector<std::string> arguments = {"s_client",
                                        "-connect",
                                        listener.local_address().to_string(),
                                        "-CAfile",
                                        trusted,
                                        "-servername",
                                        "localhost",
                                        "-verify_return_error",
                                        "-verify_hostname",
                                        "localhost"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The client says `line`, waits for it to come back, and leaves.
task<void> talk(std::vector<std::string> more, std::string line, std::string expected,
                std::string version) {
  const scratch_file trusted(testing::trusted_authority().certificate());
  auto listener = tcp_listener::bind(address::loopback(0));
  tls_options options = tls_server_options();
  options.alpn = {"echo"};
  tls_session session;
  auto serving = spawn(echo_once(listener, tls_context::server(options), session));
  process client =
      co_await process::spawn(openssl(client_arguments(listener, trusted.path(), more)));
  co_await client.standard_input().write_all(bytes_of(line));
  const std::string said = co_await read_until(client.standard_output(), expected);
  EXPECT_THAT(said, HasSubstr(expected));
  client.standard_input().close();
  const exit_status status = co_await client.wait();
  EXPECT_TRUE(status.success()) << status.to_string() << said;
  const tls_problem problem = co_await serving;
  EXPECT_FALSE(problem.happened()) << problem.text;
  EXPECT_EQ(session.version, version);
  EXPECT_EQ(session.server_name, "localhost");
}

TEST_P(tls_interop_test, their_client_is_served_with_tls_1_3) {
  run(talk({"-quiet", "-no_ign_eof"}, "hello there\n", "hello there", "TLSv1.3"));
}

TEST_P(tls_interop_test, their_client_is_served_with_tls_1_2) {
  run(talk({"-quiet", "-no_ign_eof", "-tls1_2"}, "hello there\n", "hello there", "TLSv1.2"));
}

TEST_P(tls_interop_test, a_protocol_is_agreed_on_with_their_client) {
  run(talk({"-alpn", "other,echo"}, "hello\n", "ALPN protocol: echo", "TLSv1.3"));
}

// A line that begins with "K" makes s_client ask for new keys of both sides.
TEST_P(tls_interop_test, new_keys_in_the_middle_of_a_conversation_are_followed) {
  struct body {
    static task<void> run() {
      const scratch_file trusted(testing::trusted_authority().certificate());
      auto listener = tcp_listener::bind(address::loopback(0));
      tls_session session;
      tls_context context = tls_context::server(tls_server_options());
      auto serving = spawn(echo_once(listener, std::move(context), session));
      const auto arguments = client_arguments(listener, trusted.path(), {});
      process client = co_await process::spawn(openssl(arguments));
      child_input& input = client.standard_input();
      child_output& output = client.standard_output();
      co_await input.write_all(bytes_of("before\n"));
      std::string said = co_await read_until(output, "\nbefore\n");
      co_await input.write_all(bytes_of("K\n"));
      said += co_await read_until(output, "KEYUPDATE");
      co_await input.write_all(bytes_of("after\n"));
      said += co_await read_until(output, "after\n");
      EXPECT_THAT(said, HasSubstr("after\n"));
      input.close();
      const exit_status status = co_await client.wait();
      EXPECT_TRUE(status.success()) << said;
      const tls_problem problem = co_await serving;
      EXPECT_FALSE(problem.happened()) << problem.text;
    }
  };
  run(body::run());
}

// A line that begins with "R" makes s_client ask for a new handshake, which TLS 1.2 still has.
TEST_P(tls_interop_test, renegotiation_is_refused) {
  struct body {
    static task<void> run() {
      const scratch_file trusted(testing::trusted_authority().certificate());
      auto listener = tcp_listener::bind(address::loopback(0));
      tls_session session;
      tls_context context = tls_context::server(tls_server_options());
      auto serving = spawn(echo_once(listener, std::move(context), session));
      const auto arguments = client_arguments(listener, trusted.path(), {"-tls1_2"});
      process client = co_await process::spawn(openssl(arguments));
      co_await client.standard_input().write_all(bytes_of("first\n"));
      std::string said = co_await read_until(client.standard_output(), "\nfirst\n");
      co_await client.standard_input().write_all(bytes_of("R\n"));
      said += co_await read_until(client.standard_output(), "no renegotiation");
      EXPECT_THAT(said, HasSubstr("RENEGOTIATING"));
      EXPECT_THAT(said, HasSubstr("no renegotiation"));
      const exit_status status = co_await client.wait();
      EXPECT_FALSE(status.success()) << "it gave up";
      static_cast<void>(co_await serving);
    }
  };
  run(body::run());
}

TEST_P(tls_interop_test, a_version_of_the_past_gets_no_connection) {
  struct body {
    static task<void> run() {
      const scratch_file trusted(testing::trusted_authority().certificate());
      auto listener = tcp_listener::bind(address::loopback(0));
      tls_session session;
      tls_options options = tls_server_options();
      options.version_min = tls_version::tls_1_3;
      auto serving = spawn(echo_once(listener, tls_context::server(options), session));
      const auto arguments = client_arguments(listener, trusted.path(), {"-tls1_2"});
      process client = co_await process::spawn(openssl(arguments));
      const communicated said = co_await client.communicate();
      EXPECT_FALSE(said.status.success());
      EXPECT_THAT(said.standard_output, HasSubstr("alert protocol version"));
      const tls_problem problem = co_await serving;
      EXPECT_EQ(problem.kind, tls_failure::handshake);
      EXPECT_THAT(problem.text, HasSubstr("unsupported protocol"));
    }
  };
  run(body::run());
}

TEST_P(tls_interop_test, their_client_that_is_killed_has_cut_the_connection) {
  struct body {
    static task<void> run() {
      const scratch_file trusted(testing::trusted_authority().certificate());
      auto listener = tcp_listener::bind(address::loopback(0));
      tls_session session;
      tls_context context = tls_context::server(tls_server_options());
      auto serving = spawn(echo_once(listener, std::move(context), session));
      const auto arguments = client_arguments(listener, trusted.path(), {"-quiet", "-no_ign_eof"});
      process client = co_await process::spawn(openssl(arguments));
      co_await client.standard_input().write_all(bytes_of("first\n"));
      static_cast<void>(co_await read_until(client.standard_output(), "first\n"));
      client.kill();
      const tls_problem problem = co_await serving;
      EXPECT_EQ(problem.kind, tls_failure::truncated) << problem.text;
      const exit_status status = co_await client.wait();
      EXPECT_TRUE(status.signalled());
    }
  };
  run(body::run());
}

// -- Our client, their server ---------------------------------------------------------------------

/// s_server prints where it listens: "ACCEPT 127.0.0.1:4433".
task<std::string> port_of(process& server) {
  std::string said = co_await read_until(server.standard_output(), "ACCEPT ");
  const std::size_t accepts = said.find("ACCEPT ");
  while (said.find('\n', accepts) == std::string::npos) {
    said += co_await read_until(server.standard_output(), "\n");
  }
  const std::size_t colon = said.find(':', accepts);
  co_return said.substr(colon + 1, said.find('\n', colon) - colon - 1);
}

task<void> talk_to_their_server(std::vector<std::string> more, std::string version) {
  const scratch_file certificate(testing::localhost_identity().certificate);
  const scratch_file key(testing::localhost_identity().key);
  std::vector<std::string> arguments = {"s_server",         "-accept", "127.0.0.1:0", "-cert",
                                        certificate.path(), "-key",    key.path(),    "-rev"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  process server = co_await process::spawn(openssl(std::move(arguments)));
  const std::string port = co_await port_of(server);
  tls_context context = tls_context::client(tls_client_options());
  tls_stream stream = co_await tls_stream::connect("127.0.0.1", port, std::move(context));
  EXPECT_EQ(stream.session().version, version);
  for (int round = 0; round < 3; ++round) {
    co_await stream.write_all(bytes_of("stressed\n"));
    std::string heard;
    std::array<std::byte, 100> into{};
    while (heard.find('\n') == std::string::npos) {
      const std::size_t count = co_await stream.read_some(into);
      heard += text_of(std::span(into).first(count));
    }
    EXPECT_EQ(heard, "desserts\n");
  }
  // Its answer to a farewell is the end of the connection, with one of its own or without.
  static_cast<void>(co_await stream.shutdown());
  server.kill();
  static_cast<void>(co_await server.wait());
}

TEST_P(tls_interop_test, their_server_answers_with_tls_1_3) {
  run(talk_to_their_server({}, "TLSv1.3"));
}

TEST_P(tls_interop_test, their_server_answers_with_tls_1_2) {
  run(talk_to_their_server({"-tls1_2"}, "TLSv1.2"));
}

TEST_P(tls_interop_test, their_server_with_another_name_is_refused) {
  struct body {
    static task<void> run() {
      const testing::identity other =
          testing::trusted_authority().issue({"other", "DNS:other.example", -1, 1});
      const scratch_file certificate(other.certificate);
      const scratch_file key(other.key);
      const std::vector<std::string> arguments = {
          "s_server",         "-accept", "127.0.0.1:0", "-cert",
          certificate.path(), "-key",    key.path(),    "-rev"};
      process server = co_await process::spawn(openssl(arguments));
      const std::string port = co_await port_of(server);
      tls_context context = tls_context::client(tls_client_options());
      std::string said;
      try {
        static_cast<void>(co_await tls_stream::connect("127.0.0.1", port, std::move(context)));
      } catch (const tls_error& refused) {
        EXPECT_EQ(refused.kind(), tls_failure::certificate);
        said = refused.what();
      }
      EXPECT_THAT(said, HasSubstr("certificate verify failed: IP address mismatch"));
    }
  };
  run(body::run());
}

}  // namespace
}  // namespace jackdaw::io
