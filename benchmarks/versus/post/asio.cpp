// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <atomic>

int main(int count, char** values) {
  namespace asio = versus::asio;
  const versus::arguments given = versus::parse(count, values);
  // Not a hint of 1, which would promise that nobody else posts.
  asio::io_context context;
  std::atomic<std::int64_t> finished{0};
  auto work = asio::make_work_guard(context);
  versus::stopwatch time;
  {
    const std::jthread outside([&] {
      for (std::int64_t index = 0; index < given.size; ++index) {
        asio::post(context, [&finished] { finished.fetch_add(1, std::memory_order_relaxed); });
      }
      work.reset();
    });
    versus::run_on(context, given.workers);
  }
  time.stop();
  return versus::report(time, given.size, finished.load() == given.size);
}
