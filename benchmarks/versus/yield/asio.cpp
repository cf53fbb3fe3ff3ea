// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <atomic>

namespace versus {
namespace {

std::atomic<std::int64_t> done{0};

asio::awaitable<void> give_way(std::int64_t times) {
  const auto executor = co_await asio::this_coro::executor;
  for (std::int64_t index = 0; index < times; ++index) {
    co_await asio::post(executor, asio::use_awaitable);
  }
  done += times;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  const std::int64_t each = given.size / given.tasks;
  versus::asio::io_context context(static_cast<int>(given.workers));
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.tasks; ++index) {
    versus::asio::co_spawn(context, versus::give_way(each), versus::asio::detached);
  }
  versus::run_on(context, given.workers);
  time.stop();
  return versus::report(time, versus::done, versus::done == each * given.tasks);
}
