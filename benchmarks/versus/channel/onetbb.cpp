// oneTBB's bounded queue, between threads: its tasks must not block.
// Needs: tbb/concurrent_queue.h
// Links: tbb
#include "../support/versus.hpp"

#include <tbb/concurrent_queue.h>

#include <thread>
#include <vector>

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  const std::int64_t each = given.size / given.tasks;
  tbb::concurrent_bounded_queue<std::int64_t> channel;
  if (given.capacity > 0) {
    channel.set_capacity(given.capacity);
  }
  std::int64_t sum = 0;
  versus::stopwatch time;
  {
    std::vector<std::jthread> producers;
    for (std::int64_t producer = 0; producer < given.tasks; ++producer) {
      producers.emplace_back([&channel, each] {
        for (std::int64_t index = 1; index <= each; ++index) {
          channel.push(index);
        }
      });
    }
    for (std::int64_t index = 0; index < each * given.tasks; ++index) {
      std::int64_t value = 0;
      channel.pop(value);
      sum += value;
    }
  }
  time.stop();
  return versus::report(time, each * given.tasks, sum == given.tasks * (each * (each + 1) / 2));
}
