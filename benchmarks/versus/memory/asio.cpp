// Needs: boost/asio/experimental/channel.hpp
#include "../support/on_asio.hpp"

namespace versus {
namespace {

std::int64_t finished = 0;

// Asio has no event; a timer that never expires serves as one.
asio::awaitable<void> wait_at(asio::steady_timer& gate) {
  boost::system::error_code cancelled;
  co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  ++finished;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  namespace asio = versus::asio;
  const versus::arguments given = versus::parse(count, values);
  if (given.workers != 1) {
    versus::not_applicable("a timer is no event for several threads");
  }
  asio::io_context context(1);
  asio::steady_timer gate(context, asio::steady_timer::time_point::max());
  const std::int64_t before = versus::resident_bytes();
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.size; ++index) {
    asio::co_spawn(context, versus::wait_at(gate), asio::detached);
  }
  context.poll();
  const std::int64_t held = versus::resident_bytes() - before;
  const bool all_wait = versus::finished == 0;
  gate.cancel();
  context.run();
  time.stop();
  return versus::report(time, given.size, all_wait && versus::finished == given.size,
                        static_cast<double>(held) / static_cast<double>(given.size));
}
