// Question: what does it cost a thread that is no worker to hand work to a pool?
// Not the question: when the work runs.
#include "in_runtime.hpp"

#include <array>
#include <atomic>
#include <thread>

namespace jackdaw::benchmarks {
namespace {

struct posted : work {
  posted() : work([](work& self) { static_cast<posted&>(self).ran.store(true); }) {}
  std::atomic<bool> ran{true};
};

constexpr std::size_t round = 1000;

void post_rounds(benchmark::State& state, scheduler& workers, std::array<posted, round>& items) {
  for (auto _ : state) {
    for (posted& item : items) {
      item.ran.store(false, std::memory_order_relaxed);
      workers.schedule(item);
    }
    state.PauseTiming();
    for (const posted& item : items) {
      while (!item.ran.load()) {
        std::this_thread::yield();
      }
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * round);
}

task<void> receive_posts(benchmark::State& state) {
  std::array<posted, round> items;
  scheduler& workers = this_task::scheduler();
  event over;
  std::thread poster([&] {
    post_rounds(state, workers, items);
    over.set();
  });
  co_await over.wait();
  poster.join();
}

void post_from_outside(benchmark::State& state) { run_in(state.range(0), receive_posts(state)); }
BENCHMARK(post_from_outside)->ArgName("workers")->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
}  // namespace jackdaw::benchmarks
