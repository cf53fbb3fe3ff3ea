// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

#include <atomic>

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_onetbb(given, [&given] {
    std::atomic<std::int64_t> finished{0};
    tbb::task_group group;
    versus::stopwatch time;
    for (std::int64_t index = 0; index < given.size; ++index) {
      group.run([&finished] { finished.fetch_add(1, std::memory_order_relaxed); });
    }
    group.wait();
    time.stop();
    return versus::report(time, given.size, finished.load() == given.size);
  });
}
