// Question: what does a deadline cost that is set and taken back, among ten thousand others?
// Not the question: how late timers are.
#include "in_runtime.hpp"

#include <chrono>
#include <deque>

namespace jackdaw::benchmarks {
namespace {

constexpr std::int64_t others = 10'000;

struct idle_timer : timer {
  idle_timer() : timer([](timer&) noexcept {}) {}
};

task<void> set_and_cancel(benchmark::State& state) {
  const time_point now = current_scheduler().now();
  std::deque<idle_timer> background(others);
  std::int64_t offset = 0;
  for (idle_timer& timer : background) {
    offset = (offset * 6364136223846793005 + 1442695040888963407) & 0xFFFF'FFFF;
    timer.arm(now + std::chrono::seconds(10) + duration(offset * 20));
  }
  idle_timer measured;
  for (auto _ : state) {
    offset = (offset * 6364136223846793005 + 1442695040888963407) & 0xFFFF'FFFF;
    measured.arm(now + std::chrono::seconds(10) + duration(offset * 20));
    measured.disarm();
  }
  for (idle_timer& timer : background) {
    timer.disarm();
  }
  state.SetItemsProcessed(state.iterations());
  co_return;
}

void timer_arm_cancel(benchmark::State& state) { run_in(state.range(0), set_and_cancel(state)); }
BENCHMARK(timer_arm_cancel)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
