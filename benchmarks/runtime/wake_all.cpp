// Question: what does it cost to wake one waiter of an event, per waiter?
// Not the question: latency under load.
#include "in_runtime.hpp"

#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr std::int64_t waiters = 10'000;

task<void> wait_for(event& gate) { co_await gate.wait(); }

task<void> open_gates(benchmark::State& state) {
  for (auto _ : state) {
    event gate;
    std::vector<task<void>> tasks;
    for (std::int64_t index = 0; index < waiters; ++index) {
      tasks.push_back(wait_for(gate));
    }
    auto all = gather(std::move(tasks));
    co_await yield();  // All wait now; in a pool, nearly all.
    gate.set();
    co_await all;
  }
  state.SetItemsProcessed(state.iterations() * waiters);
}

void wake_all(benchmark::State& state) { run_in(state.range(0), open_gates(state)); }
BENCHMARK(wake_all)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
