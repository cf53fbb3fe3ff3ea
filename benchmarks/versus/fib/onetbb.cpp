// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

namespace versus {
namespace {

std::int64_t fib(std::int64_t n) {
  if (n < 2) {
    return n;
  }
  std::int64_t first = 0;
  tbb::task_group group;
  group.run([&first, n] { first = fib(n - 1); });
  const std::int64_t second = fib(n - 2);
  group.wait();
  return first + second;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_onetbb(given, [&given] {
    versus::stopwatch time;
    const std::int64_t result = versus::fib(given.size);
    time.stop();
    return versus::report(time, versus::fib_nodes(given.size),
                          result == versus::fib_number(given.size));
  });
}
