// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>

namespace versus {
namespace {

using boost::system::error_code;
using signature = void(error_code, std::int64_t);
using asio::use_awaitable;

const error_code no_error;

template <class Channel>
asio::awaitable<void> answer(Channel& ping, Channel& pong, std::int64_t rounds) {
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::int64_t got = co_await ping.async_receive(use_awaitable);
    co_await pong.async_send(no_error, got + 1, use_awaitable);
  }
}

template <class Channel>
asio::awaitable<int> play(std::int64_t rounds) {
  const auto executor = co_await asio::this_coro::executor;
  Channel ping(executor, 1);
  Channel pong(executor, 1);
  std::int64_t value = 0;
  stopwatch time;
  asio::co_spawn(executor, answer(ping, pong, rounds), asio::detached);
  for (std::int64_t round = 0; round < rounds; ++round) {
    co_await ping.async_send(no_error, value, use_awaitable);
    value = co_await pong.async_receive(use_awaitable);
  }
  time.stop();
  co_return report(time, rounds * 2, value == rounds);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  namespace channels = versus::asio::experimental;
  const versus::arguments given = versus::parse(count, values);
  const std::int64_t rounds = given.size / 2;
  return versus::on_asio(
      given, given.workers == 1
                 ? versus::play<channels::channel<versus::signature>>(rounds)
                 : versus::play<channels::concurrent_channel<versus::signature>>(rounds));
}
