// Question: what does a switch between two tasks that wake each other cost?
// Not the question: latency between two cores; partners are meant to stay on one.
#include "in_runtime.hpp"

namespace jackdaw::benchmarks {
namespace {

struct table {
  event ping;
  event pong;
  bool over = false;
};

task<void> answer(table& table) {
  while (true) {
    co_await table.ping.wait();
    table.ping.clear();
    if (table.over) {
      co_return;
    }
    table.pong.set();
  }
}

task<void> ask(benchmark::State& state) {
  table table;
  const auto partner = spawn(answer(table));
  for (auto _ : state) {
    table.ping.set();
    co_await table.pong.wait();
    table.pong.clear();
  }
  table.over = true;
  table.ping.set();
  co_await partner;
  state.SetItemsProcessed(state.iterations() * 2);
}

void ping_pong(benchmark::State& state) { run_in(state.range(0), ask(state)); }
BENCHMARK(ping_pong)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
