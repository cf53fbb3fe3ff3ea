// Goal: both versions of the PROXY protocol are read as their specification has them, however the bytes arrive;
// what is not one is refused; the server logs, and counts, the client that the proxy names.

#include <jackdaw/tests/tools/other_programs.hpp>
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tests/tools/server_process.hpp>
#include <jackdaw/tests/tools/tls_identity.hpp>
#include <jackdaw/tools/http/proxy_header.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <span>
#include <string>
#include <vector>

namespace jackdaw::test {
namespace {

using namespace std::string_literals;
using http::proxy_header;
using http::proxy_progress;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string text_v4 = "PROXY TCP4 192.0.2.7 192.0.2.2 56324 443\r\n";
const std::string binary_v4 =
    signature + "\x21\x11\x00\x0C"s + "\xC0\x00\x02\x07\xC0\x00\x02\x02\xDC\x04\x01\xBB"s;
const std::string binary_v6 = signature + "\x21\x21\x00\x24"s +
                              "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"s +
                              "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"s + "\xDC\x04\x01\xBB"s;
// The proxy's own check that we live; what follows the length is to be skipped.
const std::string binary_local = signature + "\x20\x11\x00\x0C"s + std::string(12, '\xFF');

proxy_header read(std::string_view bytes) {
  return http::read_proxy_header(std::as_bytes(std::span(bytes)));
}

// The source, "-" for none, "malformed", or "more".
std::string verdict(std::string_view bytes) {
  const proxy_header found = read(bytes);
  if (found.outcome != proxy_progress::complete) {
    return found.outcome == proxy_progress::malformed ? "malformed" : "more";
  }
  return found.source.has_value() ? found.source->to_string() : "-";
}

TEST(proxy_header, is_read_in_both_versions) {
  const struct {
    std::string bytes;
    std::string source;
  } rows[] = {
      {text_v4, "192.0.2.7:56324"},
      {"PROXY TCP6 2001:db8::7 2001:db8::2 1 65535\r\n", "[2001:db8::7]:1"},
      {"PROXY UNKNOWN\r\n", "-"},
      {"PROXY UNKNOWN what ever 1 2\r\n", "-"},
      {binary_v4, "192.0.2.7:56324"},
      {binary_v6, "[2001:db8::7]:56324"},
      {binary_local, "-"},
      {signature + "\x20\x00\x00\x00"s, "-"},
      {signature + "\x21\x00\x00\x00"s, "-"},                          // Unspecified.
      {signature + "\x21\x31\x00\xD8"s + std::string(216, 'p'), "-"},  // A local socket.
      {signature + "\x21\x12\x00\x0C"s + std::string(12, 'x'), "-"},   // Datagrams.
      // Extensions behind the addresses are skipped.
      {signature + "\x21\x11\x00\x13"s + binary_v4.substr(16) + "\x04\x00\x04"s + "abcd",
       "192.0.2.7:56324"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(verdict(row.bytes), row.source);
    EXPECT_EQ(read(row.bytes + "GET / HTTP/1.1").size, row.bytes.size());
  }
}

TEST(proxy_header, asks_for_more_at_every_byte_before_its_last) {
  for (const std::string& whole :
       {text_v4, binary_v4, binary_v6, binary_local, "PROXY UNKNOWN\r\n"s}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(verdict(std::string_view(whole).substr(0, size)), "more") << size;
    }
    EXPECT_NE(verdict(whole), "more");
  }
}

TEST(proxy_header, anything_else_is_refused) {
  for (const std::string& bytes : {
           "GET / HTTP/1.1\r\n\r\n"s,
           "proxy TCP4 192.0.2.7 192.0.2.2 1 2\r\n"s,
           "PROXY TCP4 192.0.2.7 192.0.2.2 1 2\n"s,
           "PROXY TCP4 192.0.2.7 192.0.2.2 1\r\n"s,
           "PROXY TCP4 192.0.2.7 192.0.2.2 1 2 3\r\n"s,
           "PROXY TCP4 192.0.2.7  192.0.2.2 1 2\r\n"s,
           "PROXY TCP4 192.0.2.7 192.0.2.2 1 65536\r\n"s,
           "PROXY TCP4 192.0.2.7 192.0.2.2 01 2\r\n"s,
           "PROXY TCP4 192.0.2.7 192.0.2.2 -1 2\r\n"s,
           "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"s,
           "PROXY TCP4 2001:db8::7 2001:db8::2 1 2\r\n"s,
           "PROXY TCP6 192.0.2.7 192.0.2.2 1 2\r\n"s,
           "PROXY TCP4 192.0.2.7\0 192.0.2.2 1 2\r\n"s,
           "PROXY TCP5 192.0.2.7 192.0.2.2 1 2\r\n"s,
           "PROXY \r\n"s,
           "PROXY UNKNOWN"s + std::string(100, 'x'),
           signature + "\x11\x11\x00\x0C"s + std::string(12, 'x'),  // Version 1 in binary.
           signature + "\x22\x11\x00\x0C"s + std::string(12, 'x'),  // No such command.
           signature + "\x21\x41\x00\x0C"s + std::string(12, 'x'),  // No such family.
           signature + "\x21\x13\x00\x0C"s + std::string(12, 'x'),  // No such protocol.
           signature + "\x21\x11\x00\x0B"s + std::string(11, 'x'),  // Shorter than its addresses.
           signature + "\x21\x21\x00\x0C"s + std::string(12, 'x'),
           signature + "\x21\x11\xFF\xFF"s,  // Longer than anybody needs.
           "\r\n\r\n\0\r\nQUIX"s,
       }) {
    EXPECT_EQ(verdict(bytes), "malformed") << bytes;
  }
}

class proxied : public ::testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, proxied, every_combination(), name_of);

TEST_P(proxied, the_client_is_whom_the_proxy_names) {
  const scratch_directory scratch;
  server_process process(GetParam(), {"--proxy-protocol", "--access-log", scratch.path("log")});
  JACKDAW_REQUIRE_LISTENING(process);
  const struct {
    std::string header;
    std::string host;
  } rows[] = {{text_v4, "192.0.2.7"},
              {binary_v4, "192.0.2.7"},
              {binary_v6, "2001:db8::7"},
              {binary_local, "127.0.0.1"},
              {"PROXY UNKNOWN\r\n", "127.0.0.1"}};
  int number = 0;
  for (const auto& row : rows) {
    raw_client client = process.connect();
    // Header and requests in one piece, and the next request by itself.
    EXPECT_EQ(client.ask(row.header + get("/?" + std::to_string(++number))).status, 200u);
    EXPECT_EQ(client.ask(get("/json")).status, 200u);
    // And byte by byte.
    raw_client slow = process.connect();
    for (const char byte : row.header + get("/")) {
      ASSERT_TRUE(slow.send(std::string_view(&byte, 1)));
    }
    EXPECT_EQ(slow.read_reply().status, 200u);
  }
  process.process().send(SIGTERM);
  ASSERT_EQ(process.process().wait(10s), 0) << process.words();
  const std::string log = scratch.read("log");
  number = 0;
  for (const auto& row : rows) {
    const std::size_t at = log.find("\"GET /?" + std::to_string(++number) + " ");
    ASSERT_NE(at, std::string::npos) << log;
    const std::size_t begin = log.rfind('\n', at) + 1;
    EXPECT_EQ(log.substr(begin, log.find(' ', begin) - begin), row.host);
  }
}

TEST_P(proxied, a_connection_that_is_cut_off_at_any_byte_harms_nobody) {
  server_process process(GetParam(), {"--proxy-protocol", "--max-per-address", "2"});
  JACKDAW_REQUIRE_LISTENING(process);
  for (const std::string& header : {text_v4, binary_v4, binary_v6, binary_local}) {
    for (std::size_t size = 0; size < header.size(); ++size) {
      raw_client client = process.connect();
      ASSERT_TRUE(client.send(header.substr(0, size)));
      client.end_sending();
      ASSERT_TRUE(client.ends_within(5s)) << size;
    }
  }
  raw_client client = process.connect();
  EXPECT_EQ(client.ask(text_v4 + get("/")).status, 200u);
}

TEST_P(proxied, what_is_malformed_or_slow_is_closed_without_a_word) {
  server_process process(GetParam(), {"--proxy-protocol", "--header-timeout-s", "0.3"});
  JACKDAW_REQUIRE_LISTENING(process);
  for (const std::string& bytes :
       {get("/"), "PROXY TCP4 1 2 3 4\r\n"s, signature + "\x22\x11\x00\x0C"s, "PROX"s, ""s}) {
    raw_client client = process.connect();
    EXPECT_EQ(client.ask(bytes).status, 0u) << bytes;
    EXPECT_TRUE(client.ends_within(5s)) << bytes;
  }
  EXPECT_EQ(process.connect().ask(text_v4 + get("/")).status, 200u);
}

TEST_P(proxied, caps_count_the_clients_and_not_the_proxy) {
  server_process process(GetParam(), {"--proxy-protocol", "--max-per-address", "1"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client first = process.connect();
  EXPECT_EQ(first.ask(text_v4 + get("/")).status, 200u);
  raw_client other = process.connect();
  EXPECT_EQ(other.ask(binary_v6 + get("/")).status, 200u);
  raw_client same = process.connect();
  const http_reply reply = same.ask(binary_v4 + get("/"));
  EXPECT_EQ(reply.status, 503u);
  EXPECT_TRUE(reply.has("Retry-After: 1"));
  EXPECT_TRUE(same.ends_within(5s));
}

TEST_P(proxied, tls_begins_behind_the_header) {
  JACKDAW_REQUIRE_PROGRAM("curl");
  const tls_identity identity;
  std::vector<std::string> options = identity.options();
  options.emplace_back("--proxy-protocol");
  server_process process(GetParam(), options);
  JACKDAW_REQUIRE_LISTENING(process);
  const program_result reply = curl({"--haproxy-protocol", "--cacert", identity.authority_file(),
                                     "https://127.0.0.1:" + std::to_string(process.port()) + "/"});
  EXPECT_EQ(reply.output, "Hello, World!") << reply.errors;
}

}  // namespace
}  // namespace jackdaw::test
