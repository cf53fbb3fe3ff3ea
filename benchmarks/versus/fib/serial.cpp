// Plain calls: what there is to be lost.
#include "../support/problems.hpp"
#include "../support/versus.hpp"

namespace versus {
namespace {

// A call that the optimiser neither inlines nor folds.
[[gnu::noinline]] std::int64_t fib(std::int64_t n) {
  if (n < 2) {
    return n;
  }
  std::int64_t smaller = n - 2;
  opaque(smaller);
  return fib(n - 1) + fib(smaller);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  versus::stopwatch time;
  const std::int64_t result = versus::fib(given.size);
  time.stop();
  return versus::report(time, versus::fib_nodes(given.size),
                        result == versus::fib_number(given.size));
}
