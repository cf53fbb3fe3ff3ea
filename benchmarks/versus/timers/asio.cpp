// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <chrono>
#include <cstddef>
#include <deque>

namespace versus {
namespace {

asio::awaitable<int> arm_and_cancel(std::int64_t size) {
  const auto executor = co_await asio::this_coro::executor;
  std::int64_t cancelled = 0;
  std::int64_t armed = 0;
  delays delay;
  std::deque<asio::steady_timer> timers;
  const auto arm = [&](asio::steady_timer& timer) {
    ++armed;
    // Takes back the wait that is under way; its handler runs, with an error.
    timer.expires_after(std::chrono::milliseconds(delay.next_ms()));
    timer.async_wait([&cancelled](const boost::system::error_code& error) {
      cancelled += error == asio::error::operation_aborted ? 1 : 0;
    });
  };
  for (std::int64_t index = 0; index < timers_armed; ++index) {
    arm(timers.emplace_back(executor));
  }
  stopwatch time;
  for (std::int64_t index = 0; index < size; ++index) {
    arm(timers[static_cast<std::size_t>(index % timers_armed)]);
    if (index % timers_armed == 0) {
      co_await asio::post(executor, asio::use_awaitable);  // Handlers of cancelled waits run now.
    }
  }
  for (asio::steady_timer& timer : timers) {
    timer.cancel();
  }
  while (cancelled != armed) {
    co_await asio::post(executor, asio::use_awaitable);
  }
  time.stop();
  co_return report(time, size, true);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  if (given.workers != 1) {
    versus::not_applicable("handlers of several threads would have to count atomically");
  }
  return versus::on_asio(given, versus::arm_and_cancel(given.size));
}
