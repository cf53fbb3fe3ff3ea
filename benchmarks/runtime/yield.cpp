// Question: what does it cost to go to the end of the queue, alone and among a thousand?
// Not the question: fairness between workers.
#include "in_runtime.hpp"

#include <vector>

namespace jackdaw::benchmarks {
namespace {

task<void> yield_in_loop(benchmark::State& state) {
  for (auto _ : state) {
    co_await yield();
  }
  state.SetItemsProcessed(state.iterations());
}

void yield_alone(benchmark::State& state) { run_in(state.range(0), yield_in_loop(state)); }
BENCHMARK(yield_alone)->Apply(over_schedulers);

constexpr std::int64_t crowd = 1000;
constexpr std::int64_t rounds = 1000;  // So that what it costs to spawn them vanishes.

task<void> yield_rounds() {
  for (std::int64_t round = 0; round < rounds; ++round) {
    co_await yield();
  }
}

task<void> yield_in_crowds(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<task<void>> tasks;
    for (std::int64_t index = 0; index < crowd; ++index) {
      tasks.push_back(yield_rounds());
    }
    co_await gather(std::move(tasks));
  }
  state.SetItemsProcessed(state.iterations() * crowd * rounds);
}

void yield_among_1000(benchmark::State& state) { run_in(state.range(0), yield_in_crowds(state)); }
BENCHMARK(yield_among_1000)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
