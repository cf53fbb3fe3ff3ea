// Question: how long until independent work of 5 us a piece, spawned by one task, is done by all workers?
// Not the question: fork-join of tiny pieces.
#include "in_runtime.hpp"

#include <chrono>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr std::int64_t pieces = 1000;

task<void> compute() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(5);
  while (std::chrono::steady_clock::now() < end) {
  }
  co_return;
}

task<void> spread(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<task<void>> tasks;
    for (std::int64_t index = 0; index < pieces; ++index) {
      tasks.push_back(compute());
    }
    co_await gather(std::move(tasks));
  }
  state.SetItemsProcessed(state.iterations() * pieces);
}

void steal(benchmark::State& state) { run_in(state.range(0), spread(state)); }
BENCHMARK(steal)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
