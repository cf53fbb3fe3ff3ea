// Goal: a run starts exactly as many requests as it was asked for, and counts each of them once.

#include <jackdaw/tools/load/measurement.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace jackdaw::load {
namespace {

using namespace std::chrono_literals;

TEST(measurement, takes_no_more_than_the_limit) {
  measurement counts;
  EXPECT_EQ(counts.take(4, 10), 4u);
  EXPECT_EQ(counts.take(4, 10), 4u);
  EXPECT_EQ(counts.take(4, 10), 2u);
  EXPECT_EQ(counts.take(4, 10), 0u);
  EXPECT_EQ(counts.take(1, 10), 0u);
}

TEST(measurement, without_a_limit_there_is_always_more) {
  measurement counts;
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(counts.take(1000, 0), 1000u);
  }
}

TEST(measurement, a_missed_request_counts_into_the_latencies_but_not_as_answered) {
  measurement counts;
  const std::array<duration, 2> latencies = {duration(1us), duration(2us)};
  counts.answer(2);
  counts.record(latencies);
  counts.miss(1s);
  EXPECT_EQ(counts.answered(), 2u);
  EXPECT_EQ(counts.missed(), 1u);
  EXPECT_EQ(counts.latencies().count(), 3u);
  EXPECT_EQ(counts.latencies().max(), 1'000'000'000u);
}

TEST(measurement, failures_are_told_apart_and_summed_up) {
  measurement counts;
  counts.fail(failure_kind::timeout);
  counts.fail(failure_kind::status, 3);
  EXPECT_EQ(counts.failed(failure_kind::timeout), 1u);
  EXPECT_EQ(counts.failed(failure_kind::status), 3u);
  EXPECT_EQ(counts.failed(failure_kind::connect), 0u);
  EXPECT_EQ(counts.failed(), 4u);
}

}  // namespace
}  // namespace jackdaw::load
