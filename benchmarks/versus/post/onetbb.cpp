// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

#include <atomic>

// This thread posts; the arena keeps no slot for it, so that all its slots are workers.
int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, given.workers + 1);
  tbb::task_arena arena(static_cast<int>(given.workers), 0);
  arena.initialize();
  std::atomic<std::int64_t> finished{0};
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.size; ++index) {
    arena.enqueue([&finished, &given] {
      if (finished.fetch_add(1, std::memory_order_relaxed) + 1 == given.size) {
        finished.notify_one();
      }
    });
  }
  for (std::int64_t seen = finished.load(); seen != given.size; seen = finished.load()) {
    finished.wait(seen);
  }
  time.stop();
  return versus::report(time, given.size, finished.load() == given.size);
}
