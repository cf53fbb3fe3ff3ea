// Shards, and their sum.

#include <jackdaw/tools/http/server_metrics.hpp>

#include <algorithm>

namespace jackdaw::http {

namespace {

using atomic_number = std::atomic<std::uint64_t>;

void add(atomic_number& to, std::uint64_t count) noexcept {
  if (count != 0) {
    to.fetch_add(count, std::memory_order_relaxed);  // S1
  }
}

std::uint64_t value_of(const atomic_number& number) noexcept {
  return number.load(std::memory_order_relaxed);  // S1
}

template <std::size_t Count>
void add_all(std::array<std::uint64_t, Count>& to,
             const std::array<atomic_number, Count>& from) noexcept {
  for (std::size_t index = 0; index < Count; ++index) {
    to[index] += value_of(from[index]);
  }
}

// Not inline: a compiler must not keep a thread-local address across a suspension of its caller.
[[gnu::noinline]] std::size_t this_thread_number() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);  // S1
  return number;
}

}  // namespace

server_metrics::server_metrics() : shards_(std::make_unique<std::array<shard, shard_count>>()) {}

server_metrics::shard& server_metrics::mine() const noexcept {
  return (*shards_)[this_thread_number() % shard_count];
}

void server_metrics::count_connection() noexcept { add(mine().connections, 1); }

void server_metrics::count_refusal() noexcept { add(mine().refusals, 1); }

void server_metrics::count_shed(shed why) noexcept {
  add(mine().sheds[static_cast<std::size_t>(why)], 1);
}

void server_metrics::count_sent(std::uint64_t bytes) noexcept { add(mine().sent_bytes, bytes); }

void server_metrics::count(const reply_group& group) noexcept {
  shard& own = mine();
  add(own.requests, group.requests);
  add(own.received_bytes, group.received_bytes);
  add(own.sent_bytes, group.sent_bytes);
  for (std::size_t index = 0; index < status_classes; ++index) {
    add(own.replies[index], group.replies[index]);
  }
}

void server_metrics::count_latency(std::uint32_t requests, duration latency) noexcept {
  shard& own = mine();
  const auto ns = std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(latency).count(), 0);
  const auto* const bound =
      std::lower_bound(latency_bounds_us.begin(), latency_bounds_us.end(), ns,
                       [](std::uint32_t us, std::int64_t time) { return us * 1'000LL < time; });
  add(own.latencies[static_cast<std::size_t>(bound - latency_bounds_us.begin())], requests);
  add(own.latency_sum_ns, requests * static_cast<std::uint64_t>(ns));
}

server_totals server_metrics::sum() const noexcept {
  server_totals total;
  for (const shard& each : *shards_) {
    total.requests += value_of(each.requests);
    total.refusals += value_of(each.refusals);
    total.connections += value_of(each.connections);
    total.received_bytes += value_of(each.received_bytes);
    total.sent_bytes += value_of(each.sent_bytes);
    total.latency_sum_ns += value_of(each.latency_sum_ns);
    add_all(total.replies, each.replies);
    add_all(total.sheds, each.sheds);
    add_all(total.latencies, each.latencies);
  }
  return total;
}

}  // namespace jackdaw::http
