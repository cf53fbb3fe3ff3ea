// As many threads as workers, one of which has something to do.
#include "../support/versus.hpp"

#include <thread>
#include <vector>

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  std::int64_t value = 0;
  versus::stopwatch time;
  for (std::int64_t cycle = 0; cycle < given.size; ++cycle) {
    std::vector<std::jthread> threads;
    threads.emplace_back([&value] { ++value; });
    for (unsigned other = 1; other < given.workers; ++other) {
      threads.emplace_back([] {});
    }
  }
  time.stop();
  return versus::report(time, given.size, value == given.size);
}
