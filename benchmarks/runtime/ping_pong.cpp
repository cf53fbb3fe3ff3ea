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

task<void> echo(queue<int>& questions, queue<int>& answers) {
  while (true) {
    const int question = co_await questions.get();
    if (question < 0) {
      co_return;
    }
    co_await answers.put(question);
  }
}

task<void> ask_through_queues(benchmark::State& state) {
  queue<int> questions(1);
  queue<int> answers(1);
  const auto partner = spawn(echo(questions, answers));
  for (auto _ : state) {
    co_await questions.put(1);
    co_await answers.get();
  }
  co_await questions.put(-1);
  co_await partner;
  state.SetItemsProcessed(state.iterations() * 2);
}

void ping_pong_queues(benchmark::State& state) {
  run_in(state.range(0), ask_through_queues(state));
}
BENCHMARK(ping_pong_queues)->Apply(over_schedulers);

}  // namespace
}  // namespace jackdaw::benchmarks
