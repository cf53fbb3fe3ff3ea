// Goal: beyond each cap a client is told to come again, at once, and its connection ends; below it nobody is.

#include <jackdaw/tests/tools/prometheus_reader.hpp>
#include <jackdaw/tests/tools/server_process.hpp>
#include <jackdaw/tools/http/admission.hpp>

#include <gtest/gtest.h>

#include <string>

namespace jackdaw::test {
namespace {

TEST(flight_count, ends_at_the_cap) {
  http::flight_count count;
  EXPECT_TRUE(count.enter(2));
  EXPECT_TRUE(count.enter(2));
  EXPECT_FALSE(count.enter(2));
  EXPECT_EQ(count.size(), 2u);
  count.leave();
  EXPECT_TRUE(count.enter(2));
}

class admission : public testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, admission, every_combination(), name_of);

void expect_turned_away(raw_client& client) {
  const http_reply reply = client.ask(get("/"));
  EXPECT_EQ(reply.status, 503u);
  EXPECT_TRUE(reply.has("Retry-After: 1"));
  EXPECT_TRUE(reply.has("Connection: close"));
  EXPECT_TRUE(client.ends_within(5s));
}

// The server learns that a client has left in its own time.
bool admitted_in_the_end(const server_process& process) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (process.healthy()) {
      return true;
    }
  }
  return false;
}

TEST_P(admission, an_address_has_so_many_connections_and_no_more) {
  server_process process(GetParam(), {"--max-per-address", "2"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client first = process.connect();
  raw_client second = process.connect();
  ASSERT_EQ(first.ask(get("/")).status, 200u);
  ASSERT_EQ(second.ask(get("/")).status, 200u);
  raw_client third = process.connect();
  expect_turned_away(third);
  const prometheus_reader read(first.ask(get("/metrics")).body);
  EXPECT_EQ(read.complaints(), "");
  EXPECT_EQ(read.value("jackdaw_http_shed_total{reason=\"address\"}"), 1);
  EXPECT_EQ(read.value("jackdaw_http_shed_total{reason=\"connections\"}"), 0);
  EXPECT_EQ(read.value("jackdaw_http_connections_open"), 2);
  second.reset();
  EXPECT_TRUE(admitted_in_the_end(process));
}

TEST_P(admission, other_addresses_have_places_of_their_own) {
  server_process process(GetParam(), {"--max-per-address", "1"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client first = process.connect();
  ASSERT_EQ(first.ask(get("/")).status, 200u);
  raw_client other(process.port(), INADDR_LOOPBACK + 1);
  EXPECT_EQ(other.ask(get("/")).status, 200u);
  raw_client same(process.port(), INADDR_LOOPBACK + 1);
  expect_turned_away(same);
}

TEST_P(admission, a_request_beyond_those_in_flight_is_told_to_come_again) {
  server_process process(GetParam(), {"--max-in-flight", "1"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client slow = process.connect();
  ASSERT_EQ(slow.ask(get("/")).status, 200u);  // And has left the flight when the next one begins.
  slow.send(get("/") + get("/sleep?ms=1500"));
  ASSERT_EQ(slow.read_reply().status, 200u);  // The other one has begun.
  raw_client idle = process.connect();
  expect_turned_away(idle);
  EXPECT_EQ(slow.read_reply().body, "slept\n");
  EXPECT_TRUE(admitted_in_the_end(process));
}

TEST_P(admission, a_connection_is_one_however_many_requests_it_has_sent) {
  server_process process(GetParam(), {"--max-in-flight", "1"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  for (int round = 0; round < 20; ++round) {
    client.send(get("/") + get("/sleep?ms=1") + get("/json") + get("/"));
    for (int number = 0; number < 4; ++number) {
      ASSERT_EQ(client.read_reply().status, 200u);
    }
  }
  const prometheus_reader read(client.ask(get("/metrics")).body);
  EXPECT_EQ(read.value("jackdaw_http_connections_in_flight"), 1);  // This one.
  EXPECT_EQ(read.value("jackdaw_http_shed_total{reason=\"in_flight\"}"), 0);
}

TEST_P(admission, the_telling_is_fast_under_a_storm) {
  server_process process(GetParam(), {"--max-connections", "1"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client first = process.connect();
  ASSERT_EQ(first.ask(get("/")).status, 200u);
  for (int number = 0; number < 300; ++number) {
    raw_client refused = process.connect();
    ASSERT_EQ(refused.read_reply().status, 503u) << number;  // It has not even asked.
  }
  const prometheus_reader read(first.ask(get("/metrics")).body);
  EXPECT_EQ(read.value("jackdaw_http_shed_total{reason=\"connections\"}"), 300);
}

}  // namespace
}  // namespace jackdaw::test
