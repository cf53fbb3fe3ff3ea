// tests/io/tls/tls_engine_test.cpp
//
// Goal: the engine needs no stream and no order of arrival: bytes may come one by one, and what a sender
// leaves goes first. Method: two engines, and a wire of our own between them.
#include "certificates.hpp"
#include <jackdaw/io/tls/tls_engine.hpp>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace jackdaw::io {
namespace {

using step = tls_engine::step;

tls_context server_context() {
  tls_options options;
  options.certificate_pem = testing::localhost_identity().certificate;
  options.key_pem = testing::localhost_identity().key;
  return tls_context::server(options);
}

tls_context client_context() {
  tls_options options;
  options.trusted_pem = testing::trusted_authority().certificate();
  return tls_context::client(options);
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Carries what `from` has to say, in pieces.
void carry(tls_engine& from, tls_engine& to, std::size_t piece) {
  byte_buffer sending;
  while (from.begin_send(sending)) {
    while (!sending.empty()) {
      const auto front = sending.readable().first(std::min(piece, sending.size()));
      byte_buffer arrived;
      arrived.append(front);
      sending.consume(front.size());
      to.take_input(arrived);
      EXPECT_TRUE(arrived.empty());
    }
  }
}

void shake_hands(tls_engine& client, tls_engine& server, std::size_t piece = 1'000'000) {
  step of_client = step::input;
  step of_server = step::input;
  for (int round = 0; round < 10 && (of_client == step::input || of_server == step::input);
       ++round) {
    of_client = of_client == step::input ? client.handshake() : of_client;
    carry(client, server, piece);
    of_server = of_server == step::input ? server.handshake() : of_server;
    carry(server, client, piece);
  }
  ASSERT_EQ(of_client, step::done);
  ASSERT_EQ(of_server, step::done);
}

std::string read_all(tls_engine& from) {
  std::string text;
  std::array<std::byte, 1000> into{};
  std::size_t count = 0;
  while (from.read(into, count) == step::done) {
    text.append(reinterpret_cast<const char*>(into.data()), count);
  }
  return text;
}

TEST(tls_engine_test, the_peer_s_certificate_is_there_as_a_whole) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  const std::string der = client.session().peer_certificate;
  std::string base64(der.size() * 2, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                     reinterpret_cast<const unsigned char*>(der.data()),
                                     static_cast<int>(der.size()));
  base64.resize(static_cast<std::size_t>(length));
  std::string pem = testing::localhost_identity().certificate;
  std::erase(pem, '\n');
  EXPECT_GT(length, 100);
  EXPECT_NE(pem.find("-----BEGIN CERTIFICATE-----" + base64), std::string::npos);
  EXPECT_EQ(server.session().peer_certificate, "");
}

TEST(tls_engine_test, it_says_how_much_waits_in_it) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  EXPECT_EQ(client.pending_output(), 0U);
  std::size_t count = 0;
  ASSERT_EQ(client.write(bytes_of("hello"), count), step::done);
  const std::size_t encrypted = client.pending_output();
  EXPECT_GT(encrypted, 5U);
  carry(client, server, 1'000'000);
  EXPECT_EQ(client.pending_output(), 0U);
  EXPECT_EQ(server.pending_input(), encrypted);
  EXPECT_EQ(read_all(server), "hello");
  EXPECT_EQ(server.pending_input(), 0U);
}

TEST(tls_engine_test, bytes_may_come_one_by_one) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server, 1);
  std::size_t count = 0;
  EXPECT_EQ(client.write(bytes_of("hello"), count), step::done);
  EXPECT_EQ(count, 5U);
  carry(client, server, 1);
  EXPECT_EQ(read_all(server), "hello");
  EXPECT_EQ(server.session().server_name, "localhost");
  EXPECT_EQ(client.session().version, "TLSv1.3");
  EXPECT_FALSE(client.session().resumed);
}

TEST(tls_engine_test, a_write_takes_a_bounded_piece) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  const std::string text(tls_engine::write_bytes_max + 1, 'x');
  std::size_t count = 0;
  EXPECT_EQ(client.write(bytes_of(text), count), step::done);
  EXPECT_EQ(count, tls_engine::write_bytes_max);
  carry(client, server, 10'000);
  EXPECT_EQ(read_all(server).size(), tls_engine::write_bytes_max);
}

TEST(tls_engine_test, what_was_not_sent_goes_first) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  std::size_t count = 0;
  byte_buffer sending;
  EXPECT_EQ(client.write(bytes_of("first "), count), step::done);
  EXPECT_TRUE(client.begin_send(sending));
  const std::size_t taken = sending.size();
  EXPECT_EQ(client.write(bytes_of("second"), count), step::done);
  EXPECT_TRUE(client.begin_send(sending));
  EXPECT_EQ(sending.size(), taken) << "the sender that was cancelled had this";
  EXPECT_TRUE(client.has_output());
  server.take_input(sending);
  carry(client, server, 100);
  EXPECT_FALSE(client.has_output());
  EXPECT_EQ(read_all(server), "first second");
}

TEST(tls_engine_test, good_bye_ends_reading_and_is_said_once) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  EXPECT_EQ(client.say_goodbye(), step::done);
  EXPECT_EQ(client.say_goodbye(), step::done);
  carry(client, server, 100);
  std::array<std::byte, 10> into{};
  std::size_t count = 0;
  EXPECT_EQ(server.read(into, count), step::ended);
  EXPECT_EQ(server.write(bytes_of("still"), count), step::done) << "the other way is open";
  carry(server, client, 100);
  EXPECT_EQ(read_all(client), "still");
}

TEST(tls_engine_test, the_first_failure_counts_and_stays) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  client.fail(tls_failure::truncated, 0, "cut");
  client.fail(tls_failure::lower, EPIPE, "later");
  EXPECT_EQ(client.problem().kind, tls_failure::truncated);
  EXPECT_EQ(client.problem().number, ECONNABORTED);
  EXPECT_EQ(client.problem().text, "cut");
  std::array<std::byte, 10> into{};
  std::size_t count = 0;
  EXPECT_EQ(client.read(into, count), step::failed);
  EXPECT_EQ(client.write(bytes_of("x"), count), step::failed);
  EXPECT_EQ(client.say_goodbye(), step::failed);
}

TEST(tls_engine_test, what_was_tampered_with_is_refused) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  std::size_t count = 0;
  EXPECT_EQ(client.write(bytes_of("pay 10"), count), step::done);
  byte_buffer sending;
  EXPECT_TRUE(client.begin_send(sending));
  std::vector<std::byte> wire(sending.readable().begin(), sending.readable().end());
  wire.back() ^= std::byte{1};
  byte_buffer changed;
  changed.append(wire);
  server.take_input(changed);
  std::array<std::byte, 10> into{};
  EXPECT_EQ(server.read(into, count), step::failed);
  EXPECT_EQ(server.problem().kind, tls_failure::protocol);
  EXPECT_EQ(server.problem().text, "decryption failed or bad record mac");
  EXPECT_TRUE(server.has_output()) << "the alert";
}

// For ThreadSanitizer: what a reading and a writing task do on two workers.
TEST(tls_engine_test, one_thread_may_read_while_another_writes) {
  tls_engine client(client_context(), "localhost");
  tls_engine server(server_context(), "");
  shake_hands(client, server);
  std::size_t count = 0;
  for (int each = 0; each < 200; ++each) {
    EXPECT_EQ(server.write(bytes_of("0123456789"), count), step::done);
  }
  std::string received;
  carry(server, client, 1'000'000);
  std::thread reading([&] { received = read_all(client); });
  for (int each = 0; each < 200; ++each) {
    EXPECT_EQ(client.write(bytes_of("9876543210"), count), step::done);
  }
  reading.join();
  EXPECT_EQ(received.size(), 2000U);
  carry(client, server, 1'000'000);
  EXPECT_EQ(read_all(server).size(), 2000U);
}

}  // namespace
}  // namespace jackdaw::io
