// The transitions of delay_watch, and what the kernel knows.
#include <jackdaw/tools/http/delay.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace jackdaw::http {

namespace {

std::int64_t nanoseconds(time_point at) noexcept { return at.time_since_epoch().count(); }

}  // namespace

bool delay_watch::stands(time_point now) const noexcept {
  const std::int64_t since = late_since_.load(std::memory_order_relaxed);  // W1
  return since != 0 && nanoseconds(now) - since >= standing_after.count() &&
         nanoseconds(now) - noted_at_.load(std::memory_order_relaxed) <  // W1
             forgotten_after.count();
}

bool delay_watch::wants_measurement(time_point now) noexcept {
  if (limit_ == duration::zero()) {
    return false;
  }
  if (stands(now)) {
    return true;
  }
  std::int64_t due = next_measurement_.load(std::memory_order_relaxed);  // W1
  // The exchange chooses one of those who ask at once.
  return nanoseconds(now) >= due &&
         next_measurement_.compare_exchange_strong(due, nanoseconds(now + measured_every),
                                                   std::memory_order_relaxed);  // W1
}

void delay_watch::note(duration waited, time_point now) noexcept {
  const std::int64_t at = nanoseconds(now);
  const bool fresh =
      at - noted_at_.exchange(at, std::memory_order_relaxed) < forgotten_after.count();  // W1
  if (waited < limit_ / 2) {
    late_since_.store(0, std::memory_order_relaxed);  // W1
  } else if (waited >= limit_ && (!fresh || late_since_.load(std::memory_order_relaxed) == 0)) {
    late_since_.store(at, std::memory_order_relaxed);  // W1
  }
}

duration age_of_last_byte(int descriptor) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return duration::zero();
  }
  return std::chrono::milliseconds(info.tcpi_last_data_recv);
}

}  // namespace jackdaw::http
