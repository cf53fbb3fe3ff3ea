// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_onetbb(given, [&given] {
    std::int64_t value = 0;
    tbb::task_group group;
    versus::stopwatch time;
    for (std::int64_t index = 0; index < given.size; ++index) {
      group.run([&value] { ++value; });
      group.wait();
    }
    time.stop();
    return versus::report(time, given.size, value == given.size);
  });
}
