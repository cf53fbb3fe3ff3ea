// Plain functions, no coroutines.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

namespace versus {
namespace {

std::int64_t fib(std::int64_t n) {
  if (n < 2) {
    return n;
  }
  const auto [first, second] =
      jackdaw::fork_join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return first + second;
}

jackdaw::task<int> measure(std::int64_t n) {
  stopwatch time;
  const std::int64_t result = fib(n);
  time.stop();
  co_return report(time, fib_nodes(n), result == fib_number(n));
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::measure(given.size));
}
