// Goal: a server that is told to stop loses no request it has taken on, and stops.

#include <jackdaw/tests/tools/server_process.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

namespace jackdaw::test {
namespace {

class drain : public testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, drain, every_combination(), name_of);

// The listener is closed once the drain has begun.
bool stops_listening(const server_process& process) {
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    if (!process.connect().connected()) {
      return true;
    }
  }
  return false;
}

TEST_P(drain, an_accepted_request_is_finished_and_says_goodbye) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client slow = process.connect();
  raw_client idle = process.connect();
  raw_client never_spoke = process.connect();
  ASSERT_EQ(slow.ask(get("/")).status, 200u);
  ASSERT_EQ(idle.ask(get("/")).status, 200u);
  slow.send(get("/sleep?ms=400"));
  process.process().send(SIGTERM);

  EXPECT_TRUE(idle.ends_within(2s));
  EXPECT_TRUE(never_spoke.ends_within(2s));
  const http_reply reply = slow.read_reply(5s);
  EXPECT_EQ(reply.body, "slept\n");
  EXPECT_TRUE(reply.has("Connection: close"));
  EXPECT_TRUE(slow.ends_within(5s));
  EXPECT_EQ(process.process().wait(5s), 0) << process.words();
}

TEST_P(drain, requests_that_have_arrived_are_answered) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  ASSERT_EQ(client.ask(get("/")).status, 200u);
  client.send(get("/sleep?ms=300") + get("/") + get("/json"));
  process.process().send(SIGINT);
  EXPECT_EQ(client.read_reply(5s).body, "slept\n");
  EXPECT_EQ(client.read_reply(5s).body, "Hello, World!\n");
  EXPECT_TRUE(client.read_reply(5s).has("Connection: close"));
  EXPECT_EQ(process.process().wait(5s), 0) << process.words();
}

TEST_P(drain, connections_in_the_backlog_are_served) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  constexpr int count = 100;
  std::vector<raw_client> clients;
  for (int number = 0; number < count; ++number) {
    clients.push_back(process.connect());
    ASSERT_TRUE(clients.back().connected());
    clients.back().send(get("/"));
  }
  process.process().send(SIGTERM);
  for (raw_client& each : clients) {
    EXPECT_EQ(each.read_reply(5s).status, 200u);
  }
  EXPECT_EQ(process.process().wait(5s), 0) << process.words();
}

TEST_P(drain, an_idle_server_ends_at_once) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  process.process().send(SIGTERM);
  EXPECT_EQ(process.process().wait(2s), 0) << process.words();
}

TEST_P(drain, the_grace_time_is_the_limit) {
  server_process process(GetParam(), {"--grace-s", "0.2"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  client.send(get("/") + get("/sleep?ms=60000"));
  ASSERT_EQ(client.read_reply().status, 200u);
  process.process().send(SIGTERM);
  EXPECT_EQ(process.process().wait(5s), 0) << process.words();
  EXPECT_NE(process.words().find("grace"), std::string::npos);
}

TEST_P(drain, a_second_signal_ends_the_process_at_once) {
  server_process process(GetParam(), {"--grace-s", "60"});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  client.send(get("/") + get("/sleep?ms=60000"));
  ASSERT_EQ(client.read_reply().status, 200u);
  process.process().send(SIGTERM);
  ASSERT_TRUE(stops_listening(process));
  process.process().send(SIGTERM);
  EXPECT_EQ(process.process().wait(2s), 128 + SIGTERM);
}

TEST_P(drain, statistics_and_address_are_written_to_files) {
  const std::string scratch = testing::TempDir() + "jackdaw-drain-" + std::to_string(getpid());
  const std::string port_file = scratch + ".port";
  const std::string stats_file = scratch + ".json";
  server_process process(GetParam(), {"--port-file", port_file, "--stats-json", stats_file});
  JACKDAW_REQUIRE_LISTENING(process);
  ASSERT_TRUE(process.healthy());
  std::string address;
  std::getline(std::ifstream(port_file), address);
  EXPECT_EQ("http://" + address, process.url());
  process.process().send(SIGTERM);
  ASSERT_EQ(process.process().wait(5s), 0) << process.words();
  EXPECT_EQ(nlohmann::json::parse(std::ifstream(stats_file))["requests"], 1);
  std::remove(port_file.c_str());
  std::remove(stats_file.c_str());
}

}  // namespace
}  // namespace jackdaw::test
