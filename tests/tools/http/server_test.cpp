// Goal: the server speaks HTTP/1.1 as RFC 9112 wants it, the same in every mode and on every backend.
// Method: the real command in a child process, raw bytes from outside.

#include <jackdaw/tests/tools/server_process.hpp>

#include <gtest/gtest.h>

#include <string>

namespace jackdaw::test {
namespace {

class server : public testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, server, every_combination(), name_of);

TEST_P(server, answers_every_route_on_one_connection) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  EXPECT_EQ(client.ask(get("/")).body, "Hello, World!\n");
  EXPECT_EQ(client.ask(get("/json")).body, "{\"message\":\"Hello, World!\"}\n");
  EXPECT_EQ(client.ask(get("/cpu?us=10")).status, 200u);
  EXPECT_EQ(client.ask(get("/sleep?ms=1")).status, 200u);
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").body,
            "hello");
  EXPECT_EQ(client.ask("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status, 200u);
  EXPECT_EQ(client.ask(get("/none")).status, 404u);
  EXPECT_EQ(client.ask(get("/sleep?ms=x")).status, 400u);
  EXPECT_EQ(client.ask(get("/cpu")).status, 400u);

  const http_reply wrong = client.ask(get("/echo"));
  EXPECT_EQ(wrong.status, 405u);
  EXPECT_TRUE(wrong.has("Allow: POST, PUT"));
  EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status, 405u);

  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  const http_reply head = client.read_reply(10s, true);
  EXPECT_TRUE(head.has("Content-Length: 14"));
  EXPECT_EQ(client.ask(get("/")).body, "Hello, World!\n");  // Nothing followed the head.

  const nlohmann::json stats = server_process::stats(client);
  EXPECT_EQ(stats["mode"], GetParam().mode);
  EXPECT_EQ(stats["backend"], GetParam().backend);
  EXPECT_EQ(std::to_string(stats["workers"].get<int>()), GetParam().workers);
  EXPECT_EQ(stats["connections"], 1);
  EXPECT_GE(stats["requests"], 12);
}

TEST_P(server, answers_pipelined_requests_in_order) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  std::string requests;
  constexpr int count = 200;
  for (int number = 0; number < count; ++number) {
    const std::string body = std::to_string(number);
    requests += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
    requests += number % 50 == 0 ? get("/sleep?ms=1") : get("/");
  }
  ASSERT_TRUE(client.send(requests));
  for (int number = 0; number < count; ++number) {
    ASSERT_EQ(client.read_reply().body, std::to_string(number));
    ASSERT_EQ(client.read_reply().body, number % 50 == 0 ? "slept\n" : "Hello, World!\n");
  }
}

TEST_P(server, a_slow_request_does_not_hold_back_the_replies_before_it) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  client.send(get("/") + get("/sleep?ms=60000"));
  EXPECT_EQ(client.read_reply(5s).body, "Hello, World!\n");
}

TEST_P(server, takes_requests_byte_by_byte) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (const char byte : request) {
    ASSERT_TRUE(client.send(std::string_view(&byte, 1)));
  }
  EXPECT_EQ(client.read_reply().body, "abcde");
  EXPECT_EQ(client.ask(get("/")).status, 200u);
}

TEST_P(server, echoes_a_body_of_the_largest_size) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  std::string body(1024UL * 1024, 'x');
  for (std::size_t at = 0; at < body.size(); at += 997) {
    body[at] = static_cast<char>('a' + at % 26);
  }
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n";
  ASSERT_TRUE(client.send(head + body));
  EXPECT_EQ(client.read_reply().body, body);
}

TEST_P(server, asks_for_the_body_if_the_client_waits_for_that) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  const http_reply interim = client.ask(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(interim.status, 100u);
  EXPECT_EQ(client.ask("hi").body, "hi");
}

TEST_P(server, refuses_what_is_malformed_or_too_large_and_closes) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  const std::string much(9000, 'x');
  const struct {
    std::string bytes;
    unsigned status;
  } rows[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"nonsense\r\n\r\n", 400},
      {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {post + "Content-Length: 1048577\r\n\r\n", 413},
      {post + "Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413},
      {"GET /" + much + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {post + "Expect: the-worst\r\n\r\n", 417},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + much + "\r\n\r\n", 431},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
  };
  for (const auto& row : rows) {
    raw_client client = process.connect();
    const http_reply reply = client.ask(row.bytes + "GET /");  // More is on its way: no reset.
    EXPECT_EQ(reply.status, row.status) << row.bytes.substr(0, 80);
    EXPECT_TRUE(reply.has("Connection: close"));
    EXPECT_TRUE(client.ends_within(5s)) << row.bytes.substr(0, 80);
  }
  EXPECT_TRUE(process.healthy());
}

TEST_P(server, closes_when_the_client_asks_for_it) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  for (const char* const request :
       {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    raw_client client = process.connect();
    const http_reply reply = client.ask(request);
    EXPECT_EQ(reply.body, "Hello, World!\n");
    EXPECT_TRUE(reply.has("Connection: close"));
    EXPECT_TRUE(client.ends_within(5s));
  }
  raw_client old = process.connect();
  const std::string kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_TRUE(old.ask(kept).has("Connection: keep-alive"));
  EXPECT_EQ(old.ask(kept).status, 200u);
}

TEST_P(server, answers_a_client_that_has_ended_its_side) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  client.send(get("/"));
  client.end_sending();
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_TRUE(client.ends_within(5s));
}

TEST_P(server, does_not_wait_for_ever) {
  server_process process(GetParam(), {"--header-timeout-s", "0.2", "--body-timeout-s", "0.2",
                                      "--idle-timeout-s", "0.2"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client silent = process.connect();
  raw_client half_a_head = process.connect();
  raw_client half_a_body = process.connect();
  raw_client idle = process.connect();
  half_a_head.send("GET / HT");
  half_a_body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
  EXPECT_EQ(idle.ask(get("/")).status, 200u);

  EXPECT_TRUE(silent.ends_within(5s));  // Nothing was asked, so nothing is answered.
  EXPECT_TRUE(idle.ends_within(5s));
  for (raw_client* const each : {&half_a_head, &half_a_body}) {
    const http_reply reply = each->read_reply(5s);
    EXPECT_EQ(reply.status, 408u);
    EXPECT_TRUE(reply.has("Connection: close"));
    EXPECT_TRUE(each->ends_within(5s));
  }
}

TEST_P(server, a_byte_now_and_then_does_not_move_the_deadline_of_a_head) {
  server_process process(GetParam(), {"--header-timeout-s", "0.3"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  http_reply reply;
  for (int count = 0; count < 100 && reply.status == 0; ++count) {
    client.send("G");
    reply = client.read_reply(50ms);
  }
  EXPECT_EQ(reply.status, 408u);
}

TEST_P(server, turns_away_clients_beyond_the_cap) {
  server_process process(GetParam(), {"--connections-max", "2"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client first = process.connect();
  raw_client second = process.connect();
  ASSERT_EQ(first.ask(get("/")).status, 200u);
  ASSERT_EQ(second.ask(get("/")).status, 200u);
  raw_client third = process.connect();
  const http_reply reply = third.ask(get("/"));
  EXPECT_EQ(reply.status, 503u);
  EXPECT_TRUE(third.ends_within(5s));
  EXPECT_EQ(first.ask(get("/")).status, 200u);
  first.reset();
  // The server learns of the reset in its own time.
  bool admitted = false;
  for (int attempt = 0; attempt < 200 && !admitted; ++attempt) {
    raw_client again = process.connect();
    admitted = again.ask(get("/")).status == 200;
  }
  EXPECT_TRUE(admitted);
}

}  // namespace
}  // namespace jackdaw::test
