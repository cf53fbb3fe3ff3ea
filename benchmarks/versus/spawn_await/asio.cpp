// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

namespace versus {
namespace {

asio::awaitable<std::int64_t> child(std::int64_t value) {
  opaque(value);
  co_return value + 1;
}

asio::awaitable<int> spawn_children(std::int64_t size) {
  const auto executor = co_await asio::this_coro::executor;
  std::int64_t value = 0;
  stopwatch time;
  for (std::int64_t index = 0; index < size; ++index) {
    value = co_await asio::co_spawn(executor, child(value), asio::use_awaitable);
  }
  time.stop();
  co_return report(time, size, value == size);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_asio(given, versus::spawn_children(given.size));
}
