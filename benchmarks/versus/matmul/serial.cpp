// One thread and no tasks: the leaves alone.
#include "../support/problems.hpp"
#include "../support/versus.hpp"

namespace versus {
namespace {

void multiply(const product& of) {
  if (of.c.is_leaf()) {
    multiply_leaf(of);
    return;
  }
  for (std::size_t number = 0; number < 8; ++number) {
    multiply(of.part(number));
  }
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  versus::matrices all(given.size);
  versus::stopwatch time;
  versus::multiply(all.whole());
  time.stop();
  return versus::report(time, 1, all.correct());
}
