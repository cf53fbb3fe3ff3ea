// Shards, and their sum.

#include <jackdaw/tools/http/server_metrics.hpp>

#include <algorithm>

namespace jackdaw::http {

namespace {

using atomic_number = std::atomic<std::uint64_t>;

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

server_metrics::share server_metrics::mine() const noexcept {
  constexpr std::size_t shared_one = shard_count - 1;
  const std::size_t number = std::min(this_thread_number(), shared_one);
  return {(*shards_)[number], number != shared_one};
}

void server_metrics::share::add(std::atomic<std::uint64_t>& to,
                                std::uint64_t count) const noexcept {
  if (count == 0) {
    return;
  }
  if (alone) {
    to.store(to.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);  // S1
  } else {
    to.fetch_add(count, std::memory_order_relaxed);  // S1
  }
}

void server_metrics::count_connection() noexcept {
  const share here = mine();
  here.add(here.own.connections, 1);
}

void server_metrics::count_refusal() noexcept {
  const share here = mine();
  here.add(here.own.refusals, 1);
}

void server_metrics::count_shed(shed why) noexcept {
  const share here = mine();
  here.add(here.own.sheds[static_cast<std::size_t>(why)], 1);
}

void server_metrics::count_sent(std::uint64_t bytes) noexcept {
  const share here = mine();
  here.add(here.own.sent_bytes, bytes);
}

void server_metrics::count(const reply_group& group) noexcept {
  const share here = mine();
  here.add(here.own.requests, group.requests);
  here.add(here.own.received_bytes, group.received_bytes);
  here.add(here.own.sent_bytes, group.sent_bytes);
  for (std::size_t index = 0; index < status_classes; ++index) {
    here.add(here.own.replies[index], group.replies[index]);
  }
}

void server_metrics::count_latency(std::uint32_t requests, duration latency) noexcept {
  const share here = mine();
  const auto ns = std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(latency).count(), 0);
  const auto* const bound =
      std::lower_bound(latency_bounds_us.begin(), latency_bounds_us.end(), ns,
                       [](std::uint32_t us, std::int64_t time) { return us * 1'000LL < time; });
  here.add(here.own.latencies[static_cast<std::size_t>(bound - latency_bounds_us.begin())],
           requests);
  here.add(here.own.latency_sum_ns, requests * static_cast<std::uint64_t>(ns));
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
