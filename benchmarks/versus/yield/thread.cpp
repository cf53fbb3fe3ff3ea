// Threads that give way to each other.
#include "../support/versus.hpp"

#include <atomic>
#include <thread>
#include <vector>

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  const std::int64_t each = given.size / given.tasks;
  std::atomic<std::int64_t> done{0};
  versus::stopwatch time;
  {
    std::vector<std::jthread> threads;
    for (std::int64_t index = 0; index < given.tasks; ++index) {
      threads.emplace_back([&done, each] {
        for (std::int64_t number = 0; number < each; ++number) {
          std::this_thread::yield();
        }
        done += each;
      });
    }
  }
  time.stop();
  return versus::report(time, done, done == each * given.tasks);
}
