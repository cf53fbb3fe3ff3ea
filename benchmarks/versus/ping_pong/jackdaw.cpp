// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

namespace versus {
namespace {

using jackdaw::event;
using jackdaw::task;

task<std::int64_t> answer(event& ping, event& pong, std::int64_t rounds) {
  std::int64_t answered = 0;
  for (; answered < rounds; ++answered) {
    co_await ping.wait();
    ping.clear();
    pong.set();
  }
  co_return answered;
}

task<int> play(std::int64_t rounds) {
  event ping;
  event pong;
  stopwatch time;
  const auto partner = jackdaw::spawn(answer(ping, pong, rounds));
  for (std::int64_t round = 0; round < rounds; ++round) {
    ping.set();
    co_await pong.wait();
    pong.clear();
  }
  const std::int64_t answered = co_await partner;
  time.stop();
  co_return report(time, rounds * 2, answered == rounds);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::play(given.size / 2));
}
