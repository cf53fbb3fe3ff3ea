// What the server did, in numbers.
//
// Every thread counts in a shard of its own, a few cache lines that no other worker writes, so counting costs
// additions and no traffic between cores; who asks adds the shards up. A connection tells once per group of
// replies, not once per request.
//
//   S1  relaxed: statistics, which order nothing. A shard that one thread writes needs no more than a load and
//       a store; more threads than shards share the last one, with fetch_add.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/tools/http/status.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace jackdaw::http {

/// Why somebody got 503, or nothing, although nothing was wrong with the request.
enum class shed : std::uint8_t {
  connections,  // More connections than the cap.
  address,      // More from that address than the cap.
  in_flight,    // More that are being answered than the cap.
  delay,        // It has waited too long, as others have for a while.
};
inline constexpr std::size_t shed_kinds = 4;

/// 1xx to 5xx.
inline constexpr std::size_t status_classes = 5;

/// Upper bounds of the buckets of the latency histogram; one more bucket has what is slower.
inline constexpr std::array<std::uint32_t, 16> latency_bounds_us = {
    100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
    50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

template <class Number>
struct server_numbers {
  Number requests{0};     // Well-formed ones.
  Number refusals{0};     // Malformed, too large, too slow.
  Number connections{0};  // Accepted.
  Number received_bytes{0};
  Number sent_bytes{0};
  Number latency_sum_ns{0};
  std::array<Number, status_classes> replies{};
  std::array<Number, shed_kinds> sheds{};
  std::array<Number, latency_bounds_us.size() + 1> latencies{};
};

using server_totals = server_numbers<std::uint64_t>;

/// Replies that leave together.
struct reply_group {
  std::uint32_t requests = 0;
  std::array<std::uint32_t, status_classes> replies{};
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;

  void add_reply(status code) noexcept { ++replies[static_cast<std::size_t>(code) / 100 - 1]; }
};

/// Threads: any.
class server_metrics {
 public:
  server_metrics();

  void count_connection() noexcept;
  void count_refusal() noexcept;
  void count_shed(shed why) noexcept;
  void count_sent(std::uint64_t bytes) noexcept;
  /// Before the replies are sent: who has read a reply finds it counted.
  void count(const reply_group& group) noexcept;
  /// After they were: from the arrival of the requests until the kernel had the replies.
  void count_latency(std::uint32_t requests, duration latency) noexcept;

  [[nodiscard]] server_totals sum() const noexcept;

 private:
  static constexpr std::size_t shard_count = 64;
  struct alignas(128) shard : server_numbers<std::atomic<std::uint64_t>> {};

  // The shard of this thread, and whether no other thread has it.
  struct share {
    shard& own;
    bool alone;

    void add(std::atomic<std::uint64_t>& to, std::uint64_t count) const noexcept;
  };
  [[nodiscard]] share mine() const noexcept;

  std::unique_ptr<std::array<shard, shard_count>> shards_;
};

}  // namespace jackdaw::http
