// Plain calls.
#include "../support/problems.hpp"
#include "../support/versus.hpp"

namespace versus {
namespace {

[[gnu::noinline]] std::int64_t skynet(std::int64_t first, std::int64_t leaves) {
  if (leaves == 1) {
    return first;
  }
  const std::int64_t part = leaves / skynet_children;
  std::int64_t sum = 0;
  for (std::int64_t child = 0; child < skynet_children; ++child) {
    sum += skynet(first + child * part, part);
  }
  return sum;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  std::int64_t leaves = given.size;
  bool correct = true;
  versus::stopwatch time;
  for (std::int64_t round = 0; round < versus::skynet_rounds; ++round) {
    versus::opaque(leaves);
    correct = versus::skynet(0, leaves) == versus::skynet_sum(leaves) && correct;
  }
  time.stop();
  return versus::report(time, versus::skynet_nodes(leaves), correct);
}
