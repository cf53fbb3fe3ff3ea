// A coroutine per call.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

namespace versus {
namespace {

using jackdaw::task;

task<std::int64_t> fib(std::int64_t n) {
  if (n < 2) {
    co_return n;
  }
  const auto [first, second] = co_await jackdaw::fork_join(fib(n - 1), fib(n - 2));
  co_return first + second;
}

task<int> measure(std::int64_t n) {
  stopwatch time;
  const std::int64_t result = co_await fib(n);
  time.stop();
  co_return report(time, fib_nodes(n), result == fib_number(n));
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::measure(given.size));
}
