// A coroutine per node, leaves included.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

namespace versus {
namespace {

using jackdaw::task;

task<void> skynet(std::int64_t first, std::int64_t leaves, std::int64_t& sum) {
  if (leaves == 1) {
    sum = first;
    co_return;
  }
  const std::int64_t part = leaves / skynet_children;
  std::array<std::int64_t, skynet_children> sums{};
  const auto child = [&sums, first, part](std::int64_t index) {
    return skynet(first + index * part, part, sums[static_cast<std::size_t>(index)]);
  };
  co_await jackdaw::fork_each(std::int64_t{0}, skynet_children, child);
  sum = 0;
  for (const std::int64_t each : sums) {
    sum += each;
  }
}

task<int> measure(std::int64_t leaves) {
  bool correct = true;
  stopwatch time;
  for (std::int64_t round = 0; round < skynet_rounds; ++round) {
    std::int64_t sum = 0;
    co_await skynet(0, leaves, sum);
    correct = sum == skynet_sum(leaves) && correct;
  }
  time.stop();
  co_return report(time, skynet_nodes(leaves), correct);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::measure(given.size));
}
