// A coroutine per placement.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

namespace versus {
namespace {

using jackdaw::task;

task<std::int64_t> queens(const chess_board board, int row, int n) {
  if (row == n) {
    co_return 1;
  }
  std::vector<task<std::int64_t>> children;
  children.reserve(static_cast<std::size_t>(n));
  for (int column = 0; column < n; ++column) {
    if (queen_is_safe(board, row, column)) {
      children.push_back(queens(with_queen(board, row, column), row + 1, n));
    }
  }
  const auto found = co_await jackdaw::fork_join(std::move(children));
  std::int64_t solutions = 0;
  for (const std::int64_t each : found) {
    solutions += each;
  }
  co_return solutions;
}

task<int> measure(std::int64_t n) {
  const queens_answer expected = queens_expected(n);
  const chess_board empty{};
  stopwatch time;
  const std::int64_t solutions = co_await queens(empty, 0, static_cast<int>(n));
  time.stop();
  co_return report(time, expected.nodes, solutions == expected.solutions);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::measure(given.size));
}
