// Goal: /metrics is what Prometheus reads, and its numbers are those of what was done.

#include <jackdaw/tests/tools/prometheus_reader.hpp>
#include <jackdaw/tests/tools/server_process.hpp>

#include <gtest/gtest.h>

#include <string>

namespace jackdaw::test {
namespace {

class metrics : public testing::TestWithParam<combination> {};
INSTANTIATE_TEST_SUITE_P(, metrics, every_combination(), name_of);

std::string page(const server_process& process) {
  raw_client client = process.connect();
  const http_reply reply = client.ask(get("/metrics"));
  EXPECT_EQ(reply.status, 200u);
  EXPECT_TRUE(reply.has("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
  return reply.body;
}

TEST_P(metrics, are_read_by_the_strictest_of_readers) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  ASSERT_TRUE(process.healthy());
  const std::string text = page(process);
  const prometheus_reader read(text);
  EXPECT_EQ(read.complaints(), "") << text;
  const std::string how = std::string("jackdaw_runtime_info{mode=\"") + GetParam().mode +
                          "\",backend=\"" + GetParam().backend + "\"}";
  EXPECT_EQ(read.value(how), 1);
  EXPECT_EQ(std::to_string(static_cast<int>(*read.value("jackdaw_workers"))), GetParam().workers);
  const std::string last = std::to_string(std::stoi(GetParam().workers) - 1);
  EXPECT_TRUE(read.value("jackdaw_worker_system_calls_total{worker=\"" + last + "\"}"));
  EXPECT_FALSE(read.value("jackdaw_worker_system_calls_total{worker=\"" +
                          std::string(GetParam().workers) + "\"}"));
}

TEST_P(metrics, count_responses_connections_and_bytes) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  std::size_t sent = 0;
  {
    raw_client client = process.connect();
    const std::string requests = get("/") + get("/") + get("/none") + get("/sleep?ms=20");
    client.send(requests);
    for (int number = 0; number < 4; ++number) {
      const http_reply reply = client.read_reply();
      sent += reply.head.size() + reply.body.size();
    }
    const prometheus_reader read(page(process));
    EXPECT_EQ(read.value("jackdaw_http_responses_total{class=\"2xx\"}"), 3);
    EXPECT_EQ(read.value("jackdaw_http_responses_total{class=\"4xx\"}"), 1);
    EXPECT_EQ(read.value("jackdaw_http_requests_total"), 4);
    EXPECT_EQ(read.value("jackdaw_http_received_bytes_total"),
              static_cast<double>(requests.size()));
    EXPECT_EQ(read.value("jackdaw_http_sent_bytes_total"), static_cast<double>(sent));
    EXPECT_EQ(read.value("jackdaw_http_connections_accepted_total"), 2);
    EXPECT_EQ(read.value("jackdaw_http_connections_open"), 2);
    EXPECT_EQ(read.value("jackdaw_http_refusals_total"), 0);
  }
  raw_client wrong = process.connect();
  EXPECT_EQ(wrong.ask("nonsense\r\n\r\n").status, 400u);
  const prometheus_reader read(page(process));
  EXPECT_EQ(read.value("jackdaw_http_refusals_total"), 1);
  EXPECT_EQ(read.value("jackdaw_http_responses_total{class=\"4xx\"}"), 2);
}

// A latency is told when the kernel has the reply, which a client may have read by then.
TEST_P(metrics, tell_how_long_requests_took) {
  server_process process(GetParam());
  JACKDAW_REQUIRE_LISTENING(process);
  raw_client client = process.connect();
  EXPECT_EQ(client.ask(get("/sleep?ms=30")).status, 200u);
  EXPECT_EQ(client.ask(get("/")).status, 200u);
  std::optional<double> count;
  for (int attempt = 0; attempt < 1000 && count < 2; ++attempt) {
    count = prometheus_reader(page(process)).value("jackdaw_http_request_duration_seconds_count");
  }
  const prometheus_reader read(page(process));
  EXPECT_GE(read.value("jackdaw_http_request_duration_seconds_count"), 2);
  EXPECT_GE(read.value("jackdaw_http_request_duration_seconds_sum"), 0.03);
  const auto within = [&read](const std::string& bound) {
    return *read.value("jackdaw_http_request_duration_seconds_bucket{le=\"" + bound + "\"}");
  };
  EXPECT_LE(within("0.025"), within("+Inf") - 1);
}

}  // namespace
}  // namespace jackdaw::test
