// Counting. R1: every counter stands for itself and orders nothing, hence the relaxed accesses.

#include <jackdaw/tools/load/measurement.hpp>

#include <algorithm>

namespace jackdaw::load {

unsigned measurement::take(unsigned wanted, std::uint64_t limit) noexcept {
  if (limit == 0) {
    return wanted;
  }
  const std::uint64_t before = taken_.fetch_add(wanted, std::memory_order_relaxed);  // R1
  if (before >= limit) {
    return 0;
  }
  return static_cast<unsigned>(std::min<std::uint64_t>(wanted, limit - before));
}

void measurement::answer(unsigned responses) noexcept {
  answered_.fetch_add(responses, std::memory_order_relaxed);  // R1
}

void measurement::record(std::span<const duration> latencies) {
  const std::scoped_lock guard(lock_);
  for (const duration latency : latencies) {
    latencies_.record(static_cast<std::uint64_t>(std::max(latency, duration{}).count()));
  }
}

void measurement::fail(failure_kind kind, std::uint64_t times) noexcept {
  failures_[static_cast<std::size_t>(kind)].fetch_add(times, std::memory_order_relaxed);  // R1
}

void measurement::miss(duration waited) {
  missed_.fetch_add(1, std::memory_order_relaxed);  // R1
  const std::scoped_lock guard(lock_);
  latencies_.record(static_cast<std::uint64_t>(std::max(waited, duration{}).count()));
}

std::uint64_t measurement::answered() const noexcept {
  return answered_.load(std::memory_order_relaxed);  // R1
}

std::uint64_t measurement::failed(failure_kind kind) const noexcept {
  return failures_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);  // R1
}

std::uint64_t measurement::failed() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& each : failures_) {
    sum += each.load(std::memory_order_relaxed);  // R1
  }
  return sum;
}

std::uint64_t measurement::missed() const noexcept {
  return missed_.load(std::memory_order_relaxed);  // R1
}

histogram measurement::latencies() const {
  const std::scoped_lock guard(lock_);
  return latencies_;
}

}  // namespace jackdaw::load
