// Runs a benchmark's loop inside a task, on the scheduler that its argument names.
#pragma once

#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <benchmark/benchmark.h>

#include <thread>
#include <utility>

namespace jackdaw::benchmarks {

/// What spares locked instructions in a process with one thread does so no more: as if the workers of a pool
/// had been started, which otherwise happens when there is something for them to do.
inline void end_being_the_only_thread() {
  std::thread([] {}).join();
}

/// The first argument of every benchmark: 0 is asyncio's loop, n a pool of n workers.
inline void run_in(std::int64_t workers, task<void> body) {
  if (workers == 0) {
    asyncio::event_loop loop;
    auto* const state = new task_state<void>(loop, std::move(body), "benchmark");
    const join_handle<void> handle(*state);
    loop.run(*state);
    handle.result();
  } else {
    if (workers > 1) {
      end_being_the_only_thread();
    }
    pool workers_pool({.workers = static_cast<unsigned>(workers),
                       .make_driver = {},
                       .time_source = nullptr,
                       .on_failure = {}});
    auto* const state = new task_state<void>(workers_pool, std::move(body), "benchmark");
    const join_handle<void> handle(*state);
    workers_pool.run(*state);
    handle.result();
  }
}

/// Process CPU time and wall time: by default the library reports the main thread's CPU time, and a
/// parked main thread would make a pool look free.
inline void over_schedulers(::benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("workers")->MeasureProcessCPUTime()->UseRealTime();
  for (const std::int64_t workers : {0, 1, 2}) {
    benchmark->Arg(workers);
  }
}

}  // namespace jackdaw::benchmarks
