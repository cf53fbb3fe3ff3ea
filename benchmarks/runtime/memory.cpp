// Question: how many bytes does a suspended task take, with all that belongs to it?
// Not the question: what its coroutine keeps, which here is next to nothing.
#include "in_runtime.hpp"
#include <jackdaw/runtime/frame_allocator.hpp>

#include <malloc.h>

#include <cstddef>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

constexpr int crowd = 100'000;

std::size_t bytes_in_use() { return mallinfo2().uordblks + frame_bytes(); }

task<void> wait_for(event& end) { co_await end.wait(); }

task<void> measure_crowd(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    event end;
    std::vector<join_handle<void>> tasks;
    tasks.reserve(crowd);
    const std::size_t before = bytes_in_use();
    for (int index = 0; index < crowd; ++index) {
      tasks.push_back(spawn(wait_for(end)));
    }
    co_await yield();
    while (this_task::scheduler().statistics().resumptions < crowd) {
      co_await yield();
    }
    bytes = bytes_in_use() - before;
    end.set();
    for (const join_handle<void>& task : tasks) {
      co_await task;
    }
  }
  state.counters["bytes_per_task"] = static_cast<double>(bytes) / crowd;
}

// Once: what a second time takes comes from the free lists.
void suspended_tasks(benchmark::State& state) { run_in(state.range(0), measure_crowd(state)); }
BENCHMARK(suspended_tasks)->ArgName("workers")->Arg(0)->Arg(1)->Iterations(1);

}  // namespace
}  // namespace jackdaw::benchmarks
