// A histogram of latencies with three significant digits at any magnitude.
//
// The buckets are linear within each power of two (as in HdrHistogram): 1024 of them, so that no
// recorded value is off by more than one part in 1024, from nanoseconds to minutes, in memory that
// is bounded by the largest value ever seen.
//
//   value < 2048    bucket = value
//   otherwise       shift = bits(value) - 11;  bucket = 1024 * shift + (value >> shift)

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace jackdaw::load {

class histogram {
 public:
  /// Larger values are counted as this one: about 18 minutes in nanoseconds.
  static constexpr std::uint64_t value_max = (std::uint64_t{1} << 40) - 1;

  void record(std::uint64_t value);

  /// Adds everything that `other` counted.
  void merge(const histogram& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  /// The exact extremes; 0 while nothing was recorded.
  [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  /// The value that `percent` of all recorded values do not exceed, rounded up to the end of its
  /// bucket, and never beyond max(). `percent` is taken into 0 to 100.
  [[nodiscard]] std::uint64_t percentile(double percent) const noexcept;

  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value) noexcept;

  /// The largest value that falls into that bucket.
  [[nodiscard]] static std::uint64_t bucket_end(std::size_t bucket) noexcept;

 private:
  std::vector<std::uint64_t> counts_;  // As long as the largest value needs.
  std::uint64_t count_ = 0;
  std::uint64_t min_ = value_max;
  std::uint64_t max_ = 0;
};

}  // namespace jackdaw::load
