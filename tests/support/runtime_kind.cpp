// The table of runtimes, and how each is driven.
#include "runtime_kind.hpp"

#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/this_task.hpp>
#include <jackdaw/runtime/thread_parker.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <algorithm>
#include <ostream>

namespace jackdaw::testing {
namespace {

std::unique_ptr<driver> make_driver(virtual_world* world, const run_options& options) {
  std::unique_ptr<driver> made;
  if (world != nullptr) {
    made = std::make_unique<virtual_driver>(*world);
  } else {
    made = std::make_unique<thread_parker>();
  }
  return options.wrap_driver ? options.wrap_driver(std::move(made)) : std::move(made);
}

template <class Scheduler>
void run_main_on(Scheduler& scheduler, virtual_world* world, task<void> main) {
  scheduler.blocking().set_world(world);
  auto* const state = new task_state<void>(scheduler, std::move(main), "main");
  const join_handle<void> handle(*state);
  scheduler.run(*state);
}

void run_by_hand(const runtime_kind& kind, task<void> main, const run_options& options) {
  virtual_clock clock;
  virtual_world world(clock);
  virtual_world* const used_world = kind.virtual_time ? &world : nullptr;
  const jackdaw::clock* const used_clock = kind.virtual_time ? &clock : nullptr;
  const driver_factory factory = [&](unsigned) { return make_driver(used_world, options); };
  if (kind.is_loop()) {
    asyncio::loop_options loop_options;
    loop_options.make_driver = factory;
    loop_options.time_source = used_clock;
    loop_options.on_failure = options.on_failure;
    asyncio::event_loop loop(std::move(loop_options));
    run_main_on(loop, used_world, std::move(main));
  } else {
    pool_options pool_options;
    pool_options.workers = kind.workers;
    pool_options.make_driver = factory;
    pool_options.time_source = used_clock;
    pool_options.on_failure = options.on_failure;
    pool pool(std::move(pool_options));
    run_main_on(pool, used_world, std::move(main));
  }
}

std::vector<runtime_kind> select(bool (*wanted)(const runtime_kind&)) {
  std::vector<runtime_kind> selected;
  std::copy_if(all_kinds().begin(), all_kinds().end(), std::back_inserter(selected), wanted);
  return selected;
}

// True if every worker but this one sleeps, and nothing waits in a queue.
bool others_sleep(scheduler& scheduler) {
  auto* const workers = dynamic_cast<pool*>(&scheduler);
  return workers == nullptr ||
         (workers->idle().sleepers() + 1 == workers->worker_count() && !workers->work_needs_us());
}

}  // namespace

const std::vector<runtime_kind>& all_kinds() {
  static const std::vector<runtime_kind> kinds = {
      {"loop_virtual", 0, true, &run_by_hand},   {"loop_parker", 0, false, &run_by_hand},
      {"pool_1_virtual", 1, true, &run_by_hand}, {"pool_1_parker", 1, false, &run_by_hand},
      {"pool_4_virtual", 4, true, &run_by_hand}, {"pool_4_parker", 4, false, &run_by_hand},
  };
  return kinds;
}

std::vector<runtime_kind> virtual_kinds() {
  return select([](const runtime_kind& kind) { return kind.virtual_time; });
}

std::vector<runtime_kind> order_kinds() {
  return select([](const runtime_kind& kind) { return kind.keeps_order(); });
}

std::vector<runtime_kind> parallel_kinds() {
  return select([](const runtime_kind& kind) { return !kind.one_thread(); });
}

std::vector<runtime_kind> pool_kinds() {
  return {{"pool_1", 1, false, &run_by_hand},
          {"pool_2", 2, false, &run_by_hand},
          {"pool_4", 4, false, &run_by_hand},
          {"pool_8", 8, false, &run_by_hand}};
}

runtime_kind pool_of(unsigned workers, bool virtual_time) {
  return {"pool", workers, virtual_time, &run_by_hand};
}

runtime_kind asyncio_loop(bool virtual_time) { return {"loop", 0, virtual_time, &run_by_hand}; }

void PrintTo(const runtime_kind& kind, std::ostream* out) { *out << kind.name; }

task<void> settled() {
  scheduler& scheduler = this_task::scheduler();
  std::uint64_t others = 1;
  while (others != 0 || !others_sleep(scheduler)) {
    const std::uint64_t before = scheduler.statistics().resumptions;
    co_await yield();
    others = scheduler.statistics().resumptions - before - 1;
  }
}

}  // namespace jackdaw::testing
