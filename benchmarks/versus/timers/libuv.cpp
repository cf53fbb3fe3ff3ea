// Needs: uv.h
// Links: uv
#include "../support/problems.hpp"
#include "../support/versus.hpp"

#include <uv.h>

namespace versus {
namespace {

std::int64_t fired = 0;

void arm(uv_timer_t& timer, delays& delay) {
  uv_timer_start(
      &timer, [](uv_timer_t*) { ++fired; }, static_cast<std::uint64_t>(delay.next_ms()), 0);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  uv_loop_t* const loop = uv_default_loop();
  versus::delays delay;
  std::vector<uv_timer_t> timers(versus::timers_armed);
  for (uv_timer_t& timer : timers) {
    uv_timer_init(loop, &timer);
    versus::arm(timer, delay);
  }
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.size; ++index) {
    uv_timer_t& timer = timers[static_cast<std::size_t>(index % versus::timers_armed)];
    uv_timer_stop(&timer);
    versus::arm(timer, delay);
  }
  time.stop();
  for (uv_timer_t& timer : timers) {
    uv_timer_stop(&timer);
  }
  uv_run(loop, UV_RUN_DEFAULT);
  return versus::report(time, given.size, versus::fired == 0);
}
