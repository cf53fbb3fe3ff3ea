// Goal: nothing is counted twice or lost, whoever counts; a latency falls into the bucket whose bound it does
// not exceed.

#include <jackdaw/tools/http/server_metrics.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <numeric>
#include <thread>
#include <vector>

namespace jackdaw::http {
namespace {

using namespace std::chrono_literals;

TEST(server_metrics, adds_up_what_a_hundred_threads_count) {
  server_metrics metrics;
  constexpr unsigned thread_count = 100;  // More than there are shards.
  constexpr unsigned times = 500;
  std::vector<std::thread> threads;
  for (unsigned index = 0; index < thread_count; ++index) {
    threads.emplace_back([&metrics] {
      reply_group group;
      group.requests = 2;
      group.received_bytes = 10;
      group.sent_bytes = 20;
      group.add_reply(status::ok);
      group.add_reply(status::not_found);
      for (unsigned time = 0; time < times; ++time) {
        metrics.count(group);
        metrics.count_latency(2, 3ms);
        metrics.count_connection();
        metrics.count_refusal();
        metrics.count_shed(shed::address);
        metrics.count_sent(5);
      }
    });
  }
  for (std::thread& each : threads) {
    each.join();
  }
  constexpr std::uint64_t all = thread_count * times;
  const server_totals sum = metrics.sum();
  EXPECT_EQ(sum.requests, 2 * all);
  EXPECT_EQ(sum.received_bytes, 10 * all);
  EXPECT_EQ(sum.sent_bytes, 25 * all);
  EXPECT_EQ(sum.connections, all);
  EXPECT_EQ(sum.refusals, all);
  EXPECT_EQ(sum.replies[1], all);
  EXPECT_EQ(sum.replies[3], all);
  EXPECT_EQ(sum.replies[4], 0u);
  EXPECT_EQ(sum.sheds[static_cast<std::size_t>(shed::address)], all);
  EXPECT_EQ(sum.sheds[static_cast<std::size_t>(shed::connections)], 0u);
  EXPECT_EQ(sum.latency_sum_ns, 2 * all * 3'000'000);
  EXPECT_EQ(std::accumulate(sum.latencies.begin(), sum.latencies.end(), std::uint64_t{0}), 2 * all);
}

TEST(server_metrics, a_bound_belongs_to_its_bucket) {
  const struct {
    std::chrono::nanoseconds latency;
    std::size_t bucket;
  } rows[] = {
      {-1ns, 0},
      {0ns, 0},
      {100us, 0},
      {100'001ns, 1},
      {250us, 1},
      {1ms, 3},
      {10s, latency_bounds_us.size() - 1},
      {10'000'000'001ns, latency_bounds_us.size()},
      {1h, latency_bounds_us.size()},
  };
  for (const auto& row : rows) {
    server_metrics metrics;
    metrics.count_latency(1, row.latency);
    EXPECT_EQ(metrics.sum().latencies[row.bucket], 1u) << row.latency.count();
  }
}

}  // namespace
}  // namespace jackdaw::http
