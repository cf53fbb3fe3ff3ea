// Needs: tbb/task_group.h
// Links: tbb
#include "../support/on_onetbb.hpp"

namespace versus {
namespace {

std::int64_t queens(const chess_board board, int row, int n) {
  if (row == n) {
    return 1;
  }
  std::array<std::int64_t, queens_max> found{};
  tbb::task_group group;
  for (int column = 0; column < n; ++column) {
    if (queen_is_safe(board, row, column)) {
      group.run([&board, &found, row, column, n] {
        found[static_cast<std::size_t>(column)] =
            queens(with_queen(board, row, column), row + 1, n);
      });
    }
  }
  group.wait();
  std::int64_t solutions = 0;
  for (const std::int64_t each : found) {
    solutions += each;
  }
  return solutions;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_onetbb(given, [&given] {
    const versus::queens_answer expected = versus::queens_expected(given.size);
    versus::stopwatch time;
    const std::int64_t solutions = versus::queens({}, 0, static_cast<int>(given.size));
    time.stop();
    return versus::report(time, expected.nodes, solutions == expected.solutions);
  });
}
