// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace versus {
namespace {

using asio::experimental::awaitable_operators::operator&&;

asio::awaitable<std::int64_t> fib(std::int64_t n) {
  if (n < 2) {
    co_return n;
  }
  const auto [first, second] = co_await (fib(n - 1) && fib(n - 2));
  co_return first + second;
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
