// Question: what do a runtime's beginning and end cost, with one task in between?
// Not the question: what the drivers of io cost, which this pool does without.
#include "in_runtime.hpp"

namespace jackdaw::benchmarks {
namespace {

task<void> return_at_once() { co_return; }

void start_stop(benchmark::State& state) {
  for (auto _ : state) {
    run_in(state.range(0), return_at_once());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(start_stop)->ArgName("workers")->Arg(0)->Arg(1)->UseRealTime();

task<void> spawn_two() {
  const auto first = spawn(return_at_once());
  const auto second = spawn(return_at_once());
  co_await first;
  co_await second;
}

// With two workers the second one is started, and joined.
void start_stop_all(benchmark::State& state) {
  for (auto _ : state) {
    run_in(state.range(0), spawn_two());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(start_stop_all)->ArgName("workers")->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
}  // namespace jackdaw::benchmarks
