// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <atomic>

// Asio sets up epoll when something needs it: not here.
int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  std::atomic<std::int64_t> value{0};
  versus::stopwatch time;
  for (std::int64_t cycle = 0; cycle < given.size; ++cycle) {
    versus::asio::io_context context(static_cast<int>(given.workers));
    versus::asio::post(context, [&value] { ++value; });
    versus::run_on(context, given.workers);
  }
  time.stop();
  return versus::report(time, given.size, value == given.size);
}
