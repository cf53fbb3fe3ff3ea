// A coroutine per product of quadrants.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

namespace versus {
namespace {

using jackdaw::task;

task<void> multiply(product of) {
  if (of.c.is_leaf()) {
    multiply_leaf(of);
    co_return;
  }
  for (std::size_t number = 0; number < 8; number += 4) {
    co_await jackdaw::fork_join(multiply(of.part(number)), multiply(of.part(number + 1)),
                                multiply(of.part(number + 2)), multiply(of.part(number + 3)));
  }
}

task<int> measure(std::int64_t n) {
  matrices all(n);
  stopwatch time;
  co_await multiply(all.whole());
  time.stop();
  co_return report(time, 1, all.correct());
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::measure(given.size));
}
