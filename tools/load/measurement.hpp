// What a load run counts, from all of its connections.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/tools/load/histogram.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

namespace jackdaw::load {

/// Why a request failed.
enum class failure_kind : std::uint8_t { connect, transport, timeout, status, protocol };
inline constexpr std::size_t failure_kinds = 5;

/// Threads: all members from any thread.
class measurement {
 public:
  /// Takes up to `wanted` of the requests that may still be started; `limit` 0 means no limit.
  [[nodiscard]] unsigned take(unsigned wanted, std::uint64_t limit) noexcept;

  void answer(unsigned responses) noexcept;
  void record(std::span<const duration> latencies);
  void fail(failure_kind kind, std::uint64_t times = 1) noexcept;

  /// Open loop: a request that was due at the end but never sent, and how long it had waited. It
  /// counts into the latencies: leaving it out would hide exactly the overload that is measured.
  void miss(duration waited);

  [[nodiscard]] std::uint64_t answered() const noexcept;
  [[nodiscard]] std::uint64_t failed() const noexcept;
  [[nodiscard]] std::uint64_t failed(failure_kind kind) const noexcept;
  [[nodiscard]] std::uint64_t missed() const noexcept;
  [[nodiscard]] histogram latencies() const;

 private:
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> missed_{0};
  std::array<std::atomic<std::uint64_t>, failure_kinds> failures_{};
  mutable std::mutex lock_;
  histogram latencies_;  // Nanoseconds. Under the lock.
};

}  // namespace jackdaw::load
