// Question: what does a deadline cost that is set and taken back: one among ten thousand others, and a million of 10
// to 110 s that are all alive at once, taken back by the worker that set them or by another one?
// Not the question: how late timers are; see timer_lateness.cpp.
#include "in_runtime.hpp"
#include <jackdaw/runtime/spawn.hpp>

#include <chrono>
#include <deque>
#include <latch>
#include <random>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr std::int64_t others = 10'000;

struct idle_timer : timer {
  idle_timer() : timer([](timer&) noexcept {}) {}
};

/// Between 10 and 110 s from `now`.
class deadlines {
 public:
  explicit deadlines(time_point now) noexcept : now_(now) {}
  time_point next() { return now_ + std::chrono::seconds(10) + duration(nanoseconds_(random_)); }

 private:
  time_point now_;
  std::mt19937_64 random_{1};
  std::uniform_int_distribution<duration::rep> nanoseconds_{0, 100'000'000'000};
};

task<void> set_and_cancel(benchmark::State& state) {
  deadlines from_now(current_scheduler().now());
  std::deque<idle_timer> background(others);
  for (idle_timer& timer : background) {
    timer.arm(from_now.next());
  }
  idle_timer measured;
  for (auto _ : state) {
    measured.arm(from_now.next());
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

task<void> disarm_all(std::deque<idle_timer>& timers, std::latch* began) {
  if (began != nullptr) {
    began->count_down();
  }
  for (idle_timer& timer : timers) {
    timer.disarm();
  }
  co_return;
}

task<void> nothing() { co_return; }

// The worker that armed them is kept busy until the other one has taken the task.
task<void> disarm_all_elsewhere(std::deque<idle_timer>& timers) {
  std::latch began(1);
  auto other = spawn(disarm_all(timers, &began));
  auto last = spawn(nothing());  // What is spawned last is not stolen.
  began.wait();
  co_await other;
  co_await last;
}

task<void> set_and_cancel_a_million(benchmark::State& state, bool elsewhere) {
  std::deque<idle_timer> timers(static_cast<std::size_t>(state.range(1)));
  std::vector<time_point> when(timers.size());
  deadlines from_now(current_scheduler().now());
  for (time_point& deadline : when) {
    deadline = from_now.next();
  }
  for (auto _ : state) {
    auto deadline = when.cbegin();
    for (idle_timer& timer : timers) {
      timer.arm(*deadline++);
    }
    if (elsewhere) {
      co_await disarm_all_elsewhere(timers);
    } else {
      co_await disarm_all(timers, nullptr);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}

void timers_all_alive(benchmark::State& state) {
  run_in(state.range(0), set_and_cancel_a_million(state, false));
}
BENCHMARK(timers_all_alive)
    ->ArgNames({"workers", "timers"})
    ->ArgsProduct({{0, 1, 2}, {1000, 1'000'000}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void timers_cancelled_by_another_worker(benchmark::State& state) {
  run_in(state.range(0), set_and_cancel_a_million(state, true));
}
BENCHMARK(timers_cancelled_by_another_worker)
    ->ArgNames({"workers", "timers"})
    ->ArgsProduct({{2}, {1000, 1'000'000}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace jackdaw::benchmarks
