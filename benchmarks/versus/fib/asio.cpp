// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>

namespace versus {
namespace {

// One half starts at once, in a coroutine of its own; the promise is what it is awaited by.
asio::awaitable<std::int64_t> fib(std::int64_t n) {
  if (n < 2) {
    co_return n;
  }
  const auto executor = co_await asio::this_coro::executor;
  auto first = asio::co_spawn(executor, fib(n - 1), asio::experimental::use_promise);
  const std::int64_t second = co_await fib(n - 2);
  co_return co_await first(asio::use_awaitable) + second;
}

asio::awaitable<int> measure(std::int64_t n) {
  stopwatch time;
  const std::int64_t result = co_await fib(n);
  time.stop();
  co_return report(time, fib_nodes(n), result == fib_number(n));
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_asio(given, versus::measure(given.size));
}
