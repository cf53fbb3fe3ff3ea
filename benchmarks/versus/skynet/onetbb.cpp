// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

#include <array>

namespace versus {
namespace {

std::int64_t skynet(std::int64_t first, std::int64_t leaves) {
  if (leaves == 1) {
    return first;
  }
  const std::int64_t part = leaves / skynet_children;
  std::array<std::int64_t, skynet_children> sums{};
  tbb::task_group group;
  for (std::int64_t child = 0; child + 1 < skynet_children; ++child) {
    group.run([&sums, first, part, child] {
      sums[static_cast<std::size_t>(child)] = skynet(first + child * part, part);
    });
  }
  sums.back() = skynet(first + (skynet_children - 1) * part, part);
  group.wait();
  std::int64_t sum = 0;
  for (const std::int64_t each : sums) {
    sum += each;
  }
  return sum;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_onetbb(given, [&given] {
    bool correct = true;
    versus::stopwatch time;
    for (std::int64_t round = 0; round < versus::skynet_rounds; ++round) {
      correct = versus::skynet(0, given.size) == versus::skynet_sum(given.size) && correct;
    }
    time.stop();
    return versus::report(time, versus::skynet_nodes(given.size), correct);
  });
}
