// Goal: every percentile is within one part in 1024 of the true one, at any magnitude. Method:
// compare with a sorted vector of the same values.

#include <jackdaw/tools/load/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace jackdaw::load {
namespace {

constexpr double precision = 1.0 / 1024;

std::uint64_t true_percentile(const std::vector<std::uint64_t>& sorted, double percent) {
  const double exact = percent / 100 * static_cast<double>(sorted.size());
  const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(exact - 1e-9)));
  return sorted[rank - 1];
}

void expect_agreement(std::vector<std::uint64_t> values) {
  histogram counted;
  for (const std::uint64_t value : values) {
    counted.record(value);
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(counted.count(), values.size());
  EXPECT_EQ(counted.min(), values.front());
  EXPECT_EQ(counted.max(), values.back());
  for (const double percent : {0.0, 0.1, 1.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const std::uint64_t truth = true_percentile(values, percent);
    const std::uint64_t found = counted.percentile(percent);
    EXPECT_GE(found, truth) << percent;
    EXPECT_LE(static_cast<double>(found), static_cast<double>(truth) * (1 + precision)) << percent;
  }
}

TEST(histogram, is_empty_at_first) {
  const histogram empty;
  EXPECT_EQ(empty.count(), 0u);
  EXPECT_EQ(empty.min(), 0u);
  EXPECT_EQ(empty.max(), 0u);
  EXPECT_EQ(empty.percentile(50), 0u);
}

TEST(histogram, small_values_are_exact) {
  histogram counted;
  for (std::uint64_t value = 1; value <= 1000; ++value) {
    counted.record(value);
  }
  EXPECT_EQ(counted.percentile(50), 500u);
  EXPECT_EQ(counted.percentile(99), 990u);
  EXPECT_EQ(counted.percentile(99.9), 999u);
  EXPECT_EQ(counted.percentile(100), 1000u);
}

TEST(histogram, agrees_with_a_sorted_vector_at_every_magnitude) {
  std::mt19937_64 random(7);
  for (const double magnitude : {1e1, 1e3, 1e5, 1e7, 1e9, 1e11}) {
    std::vector<std::uint64_t> uniform;
    std::vector<std::uint64_t> long_tailed;
    std::exponential_distribution<double> tail(1 / magnitude);
    for (int count = 0; count < 5000; ++count) {
      uniform.push_back(random() % static_cast<std::uint64_t>(magnitude));
      long_tailed.push_back(
          std::min(static_cast<std::uint64_t>(tail(random)), histogram::value_max));
    }
    expect_agreement(uniform);
    expect_agreement(long_tailed);
  }
}

TEST(histogram, buckets_are_contiguous_and_know_their_ends) {
  for (std::size_t bucket = 0; bucket < 20'000; ++bucket) {
    const std::uint64_t end = histogram::bucket_end(bucket);
    ASSERT_EQ(histogram::bucket_of(end), bucket);
    ASSERT_EQ(histogram::bucket_of(end + 1), bucket + 1);
  }
}

TEST(histogram, values_beyond_the_range_count_as_the_largest) {
  histogram counted;
  counted.record(UINT64_MAX);
  EXPECT_EQ(counted.max(), histogram::value_max);
  EXPECT_EQ(counted.percentile(50), histogram::value_max);
}

TEST(histogram, merging_equals_recording_everything_in_one) {
  std::mt19937_64 random(11);
  histogram parts[3];
  histogram whole;
  for (int count = 0; count < 3000; ++count) {
    const std::uint64_t value = random() % (std::uint64_t{1} << (1 + random() % 39));
    parts[count % 3].record(value);
    whole.record(value);
  }
  histogram merged;
  for (const histogram& part : parts) {
    merged.merge(part);
  }
  EXPECT_EQ(merged.count(), whole.count());
  EXPECT_EQ(merged.min(), whole.min());
  EXPECT_EQ(merged.max(), whole.max());
  for (double percent = 0; percent <= 100; percent += 0.5) {
    EXPECT_EQ(merged.percentile(percent), whole.percentile(percent));
  }
}

}  // namespace
}  // namespace jackdaw::load
