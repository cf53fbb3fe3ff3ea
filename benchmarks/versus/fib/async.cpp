// std::async: a thread per call.
#include "../support/problems.hpp"
#include "../support/versus.hpp"

#include <future>

namespace versus {
namespace {

std::int64_t fib(std::int64_t n) {
  if (n < 2) {
    return n;
  }
  std::future<std::int64_t> first = std::async(std::launch::async, fib, n - 1);
  const std::int64_t second = fib(n - 2);
  return first.get() + second;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  versus::stopwatch time;
  const std::int64_t result = versus::fib(given.size);
  time.stop();
  return versus::report(time, versus::fib_nodes(given.size),
                        result == versus::fib_number(given.size));
}
