// Goal: the command explains itself: bad arguments give one line and status 2, what cannot be done
// one line and status 1; load and doctor keep their promises to scripts.

#include <jackdaw/tests/tools/child_process.hpp>
#include <jackdaw/tests/tools/server_process.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace jackdaw::test {
namespace {

constexpr combination anywhere{"asyncio", "auto", "1"};

struct outcome {
  std::optional<int> status;
  std::string errors;

  [[nodiscard]] bool one_line_with(std::string_view words) const {
    return std::count(errors.begin(), errors.end(), '\n') == 1 &&
           errors.find(words) != std::string::npos;
  }
};

outcome run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), JACKDAW_COMMAND);
  child_process process(std::move(arguments));
  while (!process.read_line().empty()) {
  }
  const auto status = process.wait(30s);
  return {status, process.error_text()};
}

TEST(command, bad_arguments_get_one_line_and_status_2) {
  const struct {
    std::vector<std::string> arguments;
    std::string word;
  } rows[] = {
      {{}, "serve, load or doctor"},
      {{"fly"}, "fly"},
      {{"serve", "--wings", "2"}, "--wings"},
      {{"serve", "--mode", "fast"}, "--mode"},
      {{"serve", "--backend", "kqueue"}, "--backend"},
      {{"serve", "--workers", "-1"}, "--workers"},
      {{"serve", "--workers", "x"}, "--workers"},
      {{"serve", "--mode", "asyncio", "--workers", "2"}, "--workers"},
      {{"serve", "--http", "nowhere"}, "nowhere"},
      {{"serve", "--http", "127.0.0.1:99999"}, "99999"},
      {{"serve", "--grace-s", "soon"}, "--grace-s"},
      {{"load"}, "URL"},
      {{"load", "ftp://a/"}, "ftp://a/"},
      {{"load", "--rate", "0", "http://127.0.0.1:1/"}, "--rate"},
      {{"load", "--rate", "5", "--pipeline", "2", "http://127.0.0.1:1/"}, "--pipeline"},
      {{"doctor", "--mode", "x"}, "--mode"},
  };
  for (const auto& row : rows) {
    const outcome result = run(row.arguments);
    EXPECT_EQ(result.status, 2) << row.word;
    EXPECT_TRUE(result.one_line_with(row.word)) << result.errors;
  }
}

TEST(command, help_is_no_error) {
  for (const char* const name : {"serve", "load", "doctor"}) {
    EXPECT_EQ(run({name, "--help"}).status, 0);
  }
  EXPECT_EQ(run({"--help"}).status, 0);
}

TEST(command, a_port_in_use_gets_one_line_and_status_1) {
  server_process process(anywhere);
  ASSERT_TRUE(process.listens());
  const std::string address = "127.0.0.1:" + std::to_string(process.port());
  const outcome second = run({"serve", "--http", address});
  EXPECT_EQ(second.status, 1);
  EXPECT_TRUE(second.one_line_with(address)) << second.errors;
}

TEST(command, load_against_nobody_gets_one_line_and_status_1) {
  const outcome nobody = run({"load", "--duration", "1", "http://127.0.0.1:1/"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_TRUE(nobody.one_line_with("refused")) << nobody.errors;
}

TEST(command, check_tells_a_healthy_server_from_others) {
  server_process process(anywhere);
  ASSERT_TRUE(process.listens());
  EXPECT_EQ(run({"load", "--check", process.url() + "/"}).status, 0);
  const outcome missing = run({"load", "--check", process.url() + "/none"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(missing.one_line_with("404")) << missing.errors;
  EXPECT_EQ(run({"load", "--check", "http://127.0.0.1:1/"}).status, 1);
}

TEST(command, doctor_finds_that_the_runtime_can_run_here) { EXPECT_EQ(run({"doctor"}).status, 0); }

nlohmann::json load_report(std::vector<std::string> arguments) {
  const std::string file =
      testing::TempDir() + "jackdaw-load-" + std::to_string(getpid()) + ".json";
  arguments.insert(arguments.begin(), "load");
  arguments.insert(arguments.end(), {"--json", file});
  const outcome result = run(std::move(arguments));
  EXPECT_EQ(result.status, 0) << result.errors;
  nlohmann::json report = nlohmann::json::parse(std::ifstream(file));
  std::remove(file.c_str());
  return report;
}

class load : public testing::TestWithParam<combination> {
 protected:
  // The client needs the backend; a server of the same kind says whether it is there.
  void SetUp() override {
    server_process probe(GetParam());
    JACKDAW_REQUIRE_LISTENING(probe);
  }
};
INSTANTIATE_TEST_SUITE_P(, load, every_combination(), name_of);

std::vector<std::string> with(const combination& how, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(),
                   {"--mode", how.mode, "--backend", how.backend, "--workers", how.workers});
  return arguments;
}

TEST_P(load, sends_exactly_as_many_requests_as_asked) {
  server_process process(anywhere);
  ASSERT_TRUE(process.listens());
  for (const char* const pipeline : {"1", "7"}) {
    const nlohmann::json report =
        load_report(with(GetParam(), {"--requests", "1000", "--connections", "10", "--pipeline",
                                      pipeline, process.url() + "/json"}));
    EXPECT_EQ(report["requests"], 1000);
    EXPECT_EQ(report["errors"], 0);
    EXPECT_GT(report["latency_us"]["p50"], 0);
    EXPECT_LE(report["latency_us"]["p50"], report["latency_us"]["p999"]);
    EXPECT_LE(report["latency_us"]["p999"], report["latency_us"]["max"]);
  }
  EXPECT_EQ(process.stats()["requests"], 2000);
}

TEST_P(load, open_loop_keeps_its_rate) {
  server_process process(anywhere);
  ASSERT_TRUE(process.listens());
  const nlohmann::json report = load_report(with(
      GetParam(), {"--rate", "500", "--duration", "1", "--connections", "5", process.url() + "/"}));
  EXPECT_EQ(report["requests"].get<int>() + report["missed"].get<int>(), 500);
  EXPECT_EQ(report["errors"], 0);
}

// One connection, 100 requests a second, each taking 50 ms: by the end the queue is half a second
// long. A client that measures from the sending would report 50 ms.
TEST_P(load, open_loop_shows_the_wait_that_a_slow_server_causes) {
  server_process process(anywhere);
  ASSERT_TRUE(process.listens());
  const nlohmann::json report =
      load_report(with(GetParam(), {"--rate", "100", "--duration", "1", "--connections", "1",
                                    process.url() + "/sleep?ms=50"}));
  EXPECT_GT(report["latency_us"]["p90"], 300'000);
  EXPECT_EQ(report["requests"].get<int>() + report["missed"].get<int>(), 100);
}

TEST_P(load, counts_refusals_as_errors) {
  server_process process(anywhere);
  ASSERT_TRUE(process.listens());
  const outcome result = run(with(
      GetParam(), {"load", "--requests", "10", "--connections", "1", process.url() + "/none"}));
  EXPECT_EQ(result.status, 1);
}

}  // namespace
}  // namespace jackdaw::test
