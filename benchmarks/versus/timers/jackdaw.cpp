// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

#include <chrono>
#include <cstddef>
#include <deque>

namespace versus {
namespace {

using jackdaw::task;

std::int64_t fired = 0;

struct counting_timer : jackdaw::timer {
  counting_timer() : timer([](timer&) noexcept { ++fired; }) {}
};

task<int> arm_and_cancel(std::int64_t size) {
  const jackdaw::scheduler& scheduler = jackdaw::current_scheduler();
  delays delay;
  std::deque<counting_timer> timers(timers_armed);
  const auto arm = [&scheduler, &delay](counting_timer& timer) {
    timer.arm(scheduler.now() + std::chrono::milliseconds(delay.next_ms()));
  };
  for (counting_timer& timer : timers) {
    arm(timer);
  }
  stopwatch time;
  for (std::int64_t index = 0; index < size; ++index) {
    counting_timer& timer = timers[static_cast<std::size_t>(index % timers_armed)];
    timer.disarm();
    arm(timer);
  }
  time.stop();
  for (counting_timer& timer : timers) {
    timer.disarm();
  }
  co_return report(time, size, fired == 0);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::arm_and_cancel(given.size));
}
