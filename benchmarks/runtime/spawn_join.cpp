// Question: what does it cost to spawn a task and await it, alone and in crowds?
// Not the question: what the task does.
#include "in_runtime.hpp"

#include <atomic>
#include <cstddef>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

task<std::int64_t> child(std::int64_t value) { co_return value + 1; }

task<void> spawn_and_await(benchmark::State& state) {
  std::int64_t value = 0;
  for (auto _ : state) {
    value = co_await spawn(child(value));
  }
  benchmark::DoNotOptimize(value);
  state.SetItemsProcessed(state.iterations());
}

void spawn_join(benchmark::State& state) { run_in(state.range(0), spawn_and_await(state)); }
BENCHMARK(spawn_join)->Apply(over_schedulers);

constexpr std::int64_t crowd = 10'000;

task<void> gather_crowds(benchmark::State& state) {
  std::int64_t sum = 0;
  for (auto _ : state) {
    std::vector<task<std::int64_t>> tasks;
    tasks.reserve(crowd);
    for (std::int64_t index = 0; index < crowd; ++index) {
      tasks.push_back(child(index));
    }
    for (const std::int64_t value : co_await gather(std::move(tasks))) {
      sum += value;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * crowd);
}

void gather_10k(benchmark::State& state) { run_in(state.range(0), gather_crowds(state)); }
BENCHMARK(gather_10k)->Apply(over_schedulers);

task<void> count_down(std::atomic<std::int64_t>& left, event& all) {
  if (left.fetch_sub(1, std::memory_order_relaxed) == 1) {
    all.set();
  }
  co_return;
}

// A hundred thousand at a time: more than any queue holds, and all of them alive at once.
constexpr std::int64_t flood = 100'000;

task<void> spawn_floods(benchmark::State& state) {
  for (auto _ : state) {
    std::atomic<std::int64_t> left{flood};
    event all;
    for (std::int64_t index = 0; index < flood; ++index) {
      spawn(count_down(left, all));
    }
    co_await all.wait();
  }
  state.SetItemsProcessed(state.iterations() * flood);
}

void spawn_detached(benchmark::State& state) { run_in(state.range(0), spawn_floods(state)); }
BENCHMARK(spawn_detached)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
