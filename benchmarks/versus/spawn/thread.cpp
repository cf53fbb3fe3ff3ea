// A thread per task, detached: what there is without a library.
#include "../support/versus.hpp"

#include <atomic>
#include <thread>

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  static std::atomic<std::int64_t> finished{0};
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.size; ++index) {
    std::thread([] {
      finished.fetch_add(1, std::memory_order_relaxed);
      finished.notify_one();
    }).detach();
  }
  for (std::int64_t seen = 0; seen != given.size; seen = finished.load()) {
    finished.wait(seen);
  }
  time.stop();
  return versus::report(time, given.size, finished.load() == given.size);
}
