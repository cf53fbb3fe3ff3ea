// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

namespace versus {
namespace {

void multiply(const product& of) {
  if (of.c.is_leaf()) {
    multiply_leaf(of);
    return;
  }
  for (const std::size_t first : {0U, 4U}) {
    tbb::task_group group;
    for (std::size_t number = first; number < first + 3; ++number) {
      group.run([of, number] { multiply(of.part(number)); });
    }
    multiply(of.part(first + 3));
    group.wait();
  }
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_onetbb(given, [&given] {
    versus::matrices all(given.size);
    versus::stopwatch time;
    versus::multiply(all.whole());
    time.stop();
    return versus::report(time, 1, all.correct());
  });
}
