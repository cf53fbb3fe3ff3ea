// Goal: every line is in the file once and whole, or counted as lost; nobody waits for the file; a file that was
// renamed is left behind. Method: the class alone, with a pipe that nobody reads; then the server with it.

#include <jackdaw/tests/tools/prometheus_reader.hpp>
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tests/tools/server_process.hpp>
#include <jackdaw/tools/http/access_log.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace jackdaw::test {
namespace {

using http::access_log;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream from(text);
  for (std::string line; std::getline(from, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(access_log_file, has_all_lines_of_all_threads) {
  const scratch_directory scratch;
  scratch.write("log", "before\n");
  {
    access_log log(scratch.path("log"));
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&log, thread] {
        for (int number = 0; number < 1000; ++number) {
          const std::string name = std::to_string(thread) + "." + std::to_string(number);
          log.add(name + " a\n" + name + " b\n", 2);
        }
      });
    }
    for (std::thread& each : threads) {
      each.join();
    }
  }
  std::vector<std::string> lines = lines_of(scratch.read("log"));
  ASSERT_EQ(lines.size(), 8001u);
  EXPECT_EQ(lines[0], "before");
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end());
}

TEST(access_log_file, what_nobody_takes_is_lost_and_counted) {
  const scratch_directory scratch;
  const std::string name = scratch.path("pipe");
  ASSERT_EQ(mkfifo(name.c_str(), 0600), 0);
  const int reader = open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const std::string line(999, 'x');
  std::uint64_t added = 0;
  std::uint64_t lost = 0;
  std::atomic<bool> reads{true};
  std::string received;
  {
    access_log log(name);
    while (log.lost() < 100) {  // Never waits, or the test would not end.
      log.add(line + "\n", 1);
      ++added;
    }
    EXPECT_GE(added * 1000, access_log::bytes_max);
    std::thread taker([&] {
      char bytes[64 * 1024];
      while (reads) {
        const ssize_t count = read(reader, bytes, sizeof bytes);
        received.append(bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      }
    });
    while (log.written() + log.lost() < added) {
      std::this_thread::yield();
    }
    lost = log.lost();
    reads = false;
    taker.join();
  }
  char bytes[64 * 1024];
  for (ssize_t count = 0; (count = read(reader, bytes, sizeof bytes)) > 0;) {
    received.append(bytes, static_cast<std::size_t>(count));
  }
  close(reader);
  const std::vector<std::string> lines = lines_of(received);
  EXPECT_EQ(lines.size() + lost, added);
  EXPECT_TRUE(
      std::all_of(lines.begin(), lines.end(), [&](const auto& each) { return each == line; }));
}

TEST(access_log_file, a_renamed_file_is_left_behind) {
  const scratch_directory scratch;
  access_log log(scratch.path("log"));
  log.add("one\n", 1);
  while (log.written() < 1) {
    std::this_thread::yield();
  }
  std::filesystem::rename(scratch.path("log"), scratch.path("log.1"));
  log.reopen();
  while (!std::filesystem::exists(scratch.path("log"))) {
    std::this_thread::yield();
  }
  log.add("two\n", 1);
  while (log.written() < 2) {
    std::this_thread::yield();
  }
  EXPECT_EQ(scratch.read("log.1"), "one\n");
  EXPECT_EQ(scratch.read("log"), "two\n");
}

TEST(access_log_file, that_cannot_be_opened_is_an_error) {
  EXPECT_THROW(access_log("/nowhere/log"), std::exception);
}

class access_log_of_server : public ::testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, access_log_of_server, every_combination(), name_of);

TEST_P(access_log_of_server, has_a_line_per_request_in_order_of_a_connection) {
  const scratch_directory scratch;
  server_process process(GetParam(), {"--access-log", scratch.path("log")});
  JACKDAW_REQUIRE_LISTENING(process);
  {
    raw_client client = process.connect();
    client.send(get("/") + get("/none") +
                "HEAD /json HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\n\r\n" + get("/sleep?ms=30"));
    EXPECT_EQ(client.read_reply().status, 200u);
    EXPECT_EQ(client.read_reply().status, 404u);
    EXPECT_EQ(client.read_reply(10s, true).status, 200u);
    EXPECT_EQ(client.read_reply().status, 200u);
    raw_client wrong = process.connect();
    EXPECT_EQ(wrong.ask("nonsense\r\n\r\n").status, 400u);
    const prometheus_reader read(client.ask(get("/metrics")).body);
    EXPECT_EQ(read.complaints(), "");
    EXPECT_EQ(read.value("jackdaw_access_log_lost_lines_total"), 0);
  }
  process.process().send(SIGTERM);
  ASSERT_EQ(process.process().wait(10s), 0) << process.words();
  std::string text = scratch.read("log");
  const std::vector<std::string> lines = lines_of(text);
  ASSERT_EQ(lines.size(), 6u) << text;
  const std::string host = R"(127\.0\.0\.1 - - \[[^\]]+\] )";
  const char* const wanted[] = {
      R"("GET / HTTP/1\.1" 200 14 "-" "-" [0-9]+)",
      R"("GET /none HTTP/1\.1" 404 10 "-" "-" [0-9]+)",
      R"("HEAD /json HTTP/1\.1" 200 0 "-" "test" [0-9]+)",
      R"("GET /sleep\?ms=30 HTTP/1\.1" 200 6 "-" "-" [1-9][0-9]{4,})",
      R"("-" 400 0 "-" "-" [0-9]+)",
      R"("GET /metrics HTTP/1\.1" 200 [0-9]+ "-" "-" [0-9]+)",
  };
  for (const char* const each : wanted) {
    EXPECT_TRUE(std::any_of(
        lines.begin(), lines.end(),
        [&](const std::string& line) { return std::regex_match(line, std::regex(host + each)); }))
        << each << " in\n"
        << text;
  }
  EXPECT_LT(text.find("GET / "), text.find("GET /none"));
  EXPECT_LT(text.find("GET /none"), text.find("HEAD /json"));
}

TEST_P(access_log_of_server, goes_on_in_a_new_file_after_sighup) {
  const scratch_directory scratch;
  server_process process(GetParam(), {"--access-log", scratch.path("log")});
  JACKDAW_REQUIRE_LISTENING(process);
  ASSERT_TRUE(process.healthy());
  std::filesystem::rename(scratch.path("log"), scratch.path("log.1"));
  process.process().send(SIGHUP);
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!std::filesystem::exists(scratch.path("log")) &&
         std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();
  }
  EXPECT_EQ(process.connect().ask(get("/json")).status, 200u);
  process.process().send(SIGTERM);
  ASSERT_EQ(process.process().wait(10s), 0) << process.words();
  EXPECT_NE(scratch.read("log.1").find("\"GET / HTTP"), std::string::npos);
  const std::string after = scratch.read("log");
  EXPECT_NE(after.find("\"GET /json HTTP"), std::string::npos);
  EXPECT_EQ(after.find("\"GET / HTTP"), std::string::npos);
}

// A server whose log is a pipe that nobody reads goes on answering, and says in the end what it lost.
TEST_P(access_log_of_server, that_nobody_reads_does_not_hold_requests_up) {
  const scratch_directory scratch;
  const std::string name = scratch.path("pipe");
  ASSERT_EQ(mkfifo(name.c_str(), 0600), 0);
  const int reader = open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  server_process process(GetParam(), {"--access-log", name});
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  const std::string request = get("/" + std::string(3'900, 'x'));
  std::string many;
  for (int number = 0; number < 20; ++number) {
    many += request;
  }
  for (int round = 0; round < 100; ++round) {  // 8 MB of lines, and more: twice what is held.
    client.send(many);
    for (int number = 0; number < 20; ++number) {
      ASSERT_EQ(client.read_reply().status, 404u);
    }
  }
  const prometheus_reader read(client.ask(get("/metrics")).body);
  EXPECT_GT(read.value("jackdaw_access_log_lost_lines_total"), 0);
  close(reader);  // The pipe breaks, which must not end the server.
  EXPECT_EQ(client.ask(get("/")).status, 200u);
  process.process().send(SIGTERM);
  EXPECT_EQ(process.process().wait(10s), 0) << process.words();
  EXPECT_NE(process.words().find("lines lost"), std::string::npos) << process.words();
}

}  // namespace
}  // namespace jackdaw::test
