// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <atomic>

namespace versus {
namespace {

std::atomic<std::int64_t> finished{0};

asio::awaitable<void> child() {
  finished.fetch_add(1, std::memory_order_relaxed);
  co_return;
}

asio::awaitable<void> spawn_all(std::int64_t size) {
  const auto executor = co_await asio::this_coro::executor;
  for (std::int64_t index = 0; index < size; ++index) {
    asio::co_spawn(executor, child(), asio::detached);
  }
}

}  // namespace
}  // namespace versus

// The context's own count of what is left to do tells when all have ended: nothing else is needed.
int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  versus::asio::io_context context(static_cast<int>(given.workers));
  versus::asio::co_spawn(context, versus::spawn_all(given.size), versus::asio::detached);
  versus::stopwatch time;
  versus::run_on(context, given.workers);
  time.stop();
  return versus::report(time, given.size, versus::finished.load() == given.size);
}
