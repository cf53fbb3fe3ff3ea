// Threads with the default stack, of which only what is touched is resident.
#include "../support/versus.hpp"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  std::latch arrived(given.size);
  std::latch gate(1);
  std::atomic<std::int64_t> finished{0};
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(given.size));
  const std::int64_t before = versus::resident_bytes();
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.size; ++index) {
    threads.emplace_back([&] {
      arrived.count_down();
      gate.wait();
      ++finished;
    });
  }
  arrived.wait();
  const std::int64_t held = versus::resident_bytes() - before;
  gate.count_down();
  threads.clear();
  time.stop();
  return versus::report(time, given.size, finished == given.size,
                        static_cast<double>(held) / static_cast<double>(given.size));
}
