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
  const auto part = [&of](std::size_t number) { return multiply(of.part(number)); };
  co_await jackdaw::fork_each(std::size_t{0}, std::size_t{4}, part);
  co_await jackdaw::fork_each(std::size_t{4}, std::size_t{8}, part);
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
