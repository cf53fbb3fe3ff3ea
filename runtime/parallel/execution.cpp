// Slices of work, and the offering of cores between them.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/runtime/parallel/arena.hpp>
#include <jackdaw/runtime/parallel/chunks.hpp>
#include <jackdaw/runtime/parallel/execution.hpp>

#include <sched.h>

#include <algorithm>

namespace jackdaw::parallel {
namespace {

using std::chrono::steady_clock;

void run_chunk(execution& in, std::size_t chunk, std::size_t begin, std::size_t end,
               chunk_body body) {
  std::size_t elements = in.slice_elements.load(std::memory_order_relaxed);  // S1
  while (begin != end) {
    const std::size_t slice = std::min(elements, end - begin);
    const auto began = steady_clock::now();
    body(chunk, begin, begin + slice);
    const auto took = steady_clock::now() - began;
    begin += slice;
    if (took > slice_time) {
      elements = std::max<std::size_t>(1, elements / 2);
    } else if (took < slice_time / 2 && slice == elements) {
      elements *= 2;
    }
    if (in.give_way()) {
      break;
    }
  }
  in.slice_elements.store(elements, std::memory_order_relaxed);  // S1
}

}  // namespace

unsigned cores_of(scheduler& home) {
  static const unsigned budget = read_cpu_budget().workers;
  return home.concurrent() ? std::min(home.statistics().workers, budget) : budget;
}

bool execution::give_way() const noexcept {
  if (cancelled()) {
    return true;
  }
  thread_local steady_clock::time_point keeps_core_until{};
  const auto offered = steady_clock::now();
  if (offered >= keeps_core_until) {
    sched_yield();
    const auto back = steady_clock::now();
    keeps_core_until = back + std::min<steady_clock::duration>(back - offered, core_kept_max);
  }
  return cancelled();
}

void execute(unsigned cores, function_ref<void()> work) { enter_arena(cores, work); }

void for_each_chunk(execution& in, std::size_t count, std::size_t grain, chunk_body body) {
  JACKDAW_ASSERT(grain != 0);
  for_each_index(chunk_count(count, grain), [&](std::size_t chunk) {
    const std::size_t begin = chunk * grain;
    run_chunk(in, chunk, begin, begin + std::min(grain, count - begin), body);
    return !in.cancelled();
  });
  if (in.cancelled()) {
    throw execution::stopped();
  }
}

void fork(function_ref<void()> first, function_ref<void()> second) { invoke_both(first, second); }

}  // namespace jackdaw::parallel
