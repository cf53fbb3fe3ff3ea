// A coroutine per node, leaves included.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

namespace versus {
namespace {

using jackdaw::task;

task<std::int64_t> skynet(std::int64_t first, std::int64_t leaves);

template <std::int64_t... Index>
auto children(std::int64_t first, std::int64_t part,
              std::integer_sequence<std::int64_t, Index...>) {
  return std::array{skynet(first + Index * part, part)...};
}

task<std::int64_t> skynet(std::int64_t first, std::int64_t leaves) {
  if (leaves == 1) {
    co_return first;
  }
  auto parts = children(first, leaves / skynet_children,
                        std::make_integer_sequence<std::int64_t, skynet_children>());
  const auto sums = co_await jackdaw::fork_join(parts);
  std::int64_t sum = 0;
  for (const std::int64_t each : sums) {
    sum += each;
  }
  co_return sum;
}

task<int> measure(std::int64_t leaves) {
  bool correct = true;
  stopwatch time;
  for (std::int64_t round = 0; round < skynet_rounds; ++round) {
    const std::int64_t sum = co_await skynet(0, leaves);
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
