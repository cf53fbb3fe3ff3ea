// Question: what does it cost to await a coroutine that does not suspend?
// Not the question: a coroutine that does; see yield.cpp.
#include "in_runtime.hpp"

namespace jackdaw::benchmarks {
namespace {

[[gnu::noinline]] task<std::int64_t> child(std::int64_t value) { co_return value + 1; }

task<void> await_children(benchmark::State& state) {
  std::int64_t value = 0;
  for (auto _ : state) {
    value = co_await child(value);
  }
  benchmark::DoNotOptimize(value);
  state.SetItemsProcessed(state.iterations());
}

void await_child(benchmark::State& state) { run_in(state.range(0), await_children(state)); }
BENCHMARK(await_child)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
