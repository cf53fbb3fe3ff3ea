// std::async: a thread per child.
#include "../support/versus.hpp"

#include <future>

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  std::int64_t value = 0;
  versus::stopwatch time;
  for (std::int64_t index = 0; index < given.size; ++index) {
    value = std::async(std::launch::async, [value] { return value + 1; }).get();
  }
  time.stop();
  return versus::report(time, given.size, value == given.size);
}
