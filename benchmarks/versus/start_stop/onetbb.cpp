// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

#include <atomic>
#include <new>

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  std::atomic<std::int64_t> value{0};
  versus::stopwatch time;
  for (std::int64_t cycle = 0; cycle < given.size; ++cycle) {
    tbb::task_scheduler_handle scheduler{tbb::attach{}};
    versus::on_onetbb(given, [&value] {
      tbb::task_group group;
      group.run([&value] { ++value; });
      group.wait();
      return 0;
    });
    if (!tbb::finalize(scheduler, std::nothrow)) {  // Joins its threads.
      return 1;
    }
  }
  time.stop();
  return versus::report(time, given.size, value == given.size);
}
