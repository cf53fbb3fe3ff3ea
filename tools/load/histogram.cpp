// The arithmetic of histogram.hpp.

#include <jackdaw/tools/load/histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace jackdaw::load {

namespace {

constexpr unsigned precision_bits = 11;                                   // 2048 > 2 * 10^3
constexpr std::uint64_t half = std::uint64_t{1} << (precision_bits - 1);  // Buckets per octave.

}  // namespace

std::size_t histogram::bucket_of(std::uint64_t value) noexcept {
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  if (bits <= precision_bits) {
    return static_cast<std::size_t>(value);
  }
  const unsigned shift = bits - precision_bits;
  return static_cast<std::size_t>(half * shift + (value >> shift));
}

std::uint64_t histogram::bucket_end(std::size_t bucket) noexcept {
  if (bucket < 2 * half) {
    return bucket;
  }
  // (value >> shift) is at least `half`, so the quotient is the shift plus one.
  const auto shift = static_cast<unsigned>(bucket / half - 1);
  const std::uint64_t leading = bucket - half * shift;
  return ((leading + 1) << shift) - 1;
}

void histogram::record(std::uint64_t value) {
  value = std::min(value, value_max);
  const std::size_t bucket = bucket_of(value);
  if (bucket >= counts_.size()) {
    counts_.resize(bucket + 1);
  }
  ++counts_[bucket];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void histogram::merge(const histogram& other) {
  if (other.counts_.size() > counts_.size()) {
    counts_.resize(other.counts_.size());
  }
  for (std::size_t bucket = 0; bucket < other.counts_.size(); ++bucket) {
    counts_[bucket] += other.counts_[bucket];
  }
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::uint64_t histogram::percentile(double percent) const noexcept {
  if (count_ == 0) {
    return 0;
  }
  const double share = std::clamp(percent, 0.0, 100.0) / 100.0;
  // The epsilon undoes what binary fractions add: 99.9 % of 1000 is the 999th value, not the 1000th.
  const double exact = share * static_cast<double>(count_);
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact * (1 - 1e-12))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) {
      return std::min(bucket_end(bucket), max_);
    }
  }
  return max_;
}

}  // namespace jackdaw::load
