// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>

#include <limits>

namespace versus {
namespace {

using boost::system::error_code;
using signature = void(error_code, std::int64_t);
using asio::use_awaitable;

const error_code no_error;

template <class Channel>
asio::awaitable<void> produce(Channel& into, std::int64_t messages) {
  for (std::int64_t index = 1; index <= messages; ++index) {
    if (!into.try_send(no_error, index)) {
      co_await into.async_send(no_error, index, use_awaitable);
    }
  }
}

template <class Channel>
asio::awaitable<int> consume(arguments given) {
  const std::int64_t each = given.size / given.tasks;
  const auto executor = co_await asio::this_coro::executor;
  Channel from(executor, given.capacity > 0 ? static_cast<std::size_t>(given.capacity)
                                            : std::numeric_limits<std::size_t>::max());
  std::int64_t sum = 0;
  stopwatch time;
  for (std::int64_t producer = 0; producer < given.tasks; ++producer) {
    asio::co_spawn(executor, produce(from, each), asio::detached);
  }
  for (std::int64_t index = 0; index < each * given.tasks; ++index) {
    const bool there = from.try_receive([&sum](error_code, std::int64_t value) { sum += value; });
    if (!there) {
      sum += co_await from.async_receive(use_awaitable);
    }
  }
  time.stop();
  co_return report(time, each * given.tasks, sum == given.tasks * (each * (each + 1) / 2));
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  namespace channels = versus::asio::experimental;
  const versus::arguments given = versus::parse(count, values);
  return versus::on_asio(
      given, given.workers == 1
                 ? versus::consume<channels::channel<versus::signature>>(given)
                 : versus::consume<channels::concurrent_channel<versus::signature>>(given));
}
