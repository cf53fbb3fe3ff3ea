// Question: how late is a timer: how long after its deadline does the task that slept run? On an idle pool, beside a
// task per worker that yields without end, and with a hundred thousand other timers that fire meanwhile.
// Not the question: what a timer costs; see timers.cpp.
#include "in_runtime.hpp"
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

using namespace std::chrono_literals;

enum load : std::int64_t { idle, yielding, many_timers };

constexpr std::int64_t sleepers = 200;
constexpr duration apart = 100us;

task<void> sleep_and_measure(time_point deadline, duration& lateness) {
  co_await sleep_until(deadline);
  lateness = current_scheduler().now() - deadline;
}

task<void> yield_until(time_point end) {
  while (current_scheduler().now() < end) {
    co_await yield();
  }
}

struct idle_timer : timer {
  idle_timer() : timer([](timer&) noexcept {}) {}
};

// All within the time of the measurement, evenly.
void arm_evenly(std::deque<idle_timer>& timers, time_point from, time_point to) {
  const duration step = (to - from) / static_cast<std::int64_t>(timers.size());
  for (idle_timer& timer : timers) {
    timer.arm(from);
    from += step;
  }
}

task<void> measure(std::int64_t workers, std::int64_t load, std::vector<duration>& lateness) {
  const time_point first = current_scheduler().now() + 10ms;
  const time_point end = first + sleepers * apart;
  std::deque<idle_timer> others(load == many_timers ? 100'000 : 0);
  if (!others.empty()) {
    arm_evenly(others, first, end);
  }
  std::vector<join_handle<void>> tasks;
  for (std::int64_t worker = 0; load == yielding && worker < workers; ++worker) {
    tasks.push_back(spawn(yield_until(end)));
  }
  std::vector<duration> found(sleepers);
  for (std::int64_t sleeper = 0; sleeper < sleepers; ++sleeper) {
    duration& own = found[static_cast<std::size_t>(sleeper)];
    tasks.push_back(spawn(sleep_and_measure(first + sleeper * apart, own)));
  }
  for (const join_handle<void>& one : tasks) {
    co_await one;
  }
  for (idle_timer& timer : others) {
    timer.disarm();
  }
  lateness.insert(lateness.end(), found.begin(), found.end());
}

task<void> measure_all(benchmark::State& state) {
  std::vector<duration> lateness;
  for (auto _ : state) {
    co_await measure(state.range(0), state.range(1), lateness);
  }
  std::sort(lateness.begin(), lateness.end());
  if (lateness.front() < duration::zero()) {
    state.SkipWithError("A timer was early.");
  }
  const auto microseconds_at = [&lateness](double part) {
    const auto rank = static_cast<std::size_t>(part * static_cast<double>(lateness.size() - 1));
    return std::chrono::duration<double, std::micro>(lateness[rank]).count();
  };
  state.counters["p50_us"] = microseconds_at(0.5);
  state.counters["p99_us"] = microseconds_at(0.99);
  state.counters["max_us"] = microseconds_at(1);
}

void timer_lateness(benchmark::State& state) { run_in(state.range(0), measure_all(state)); }
BENCHMARK(timer_lateness)
    ->ArgNames({"workers", "load"})
    ->ArgsProduct({{1, 2}, {idle, yielding, many_timers}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace jackdaw::benchmarks
