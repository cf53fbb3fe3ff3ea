// Plain recursion: the work itself, and the number of nodes that the others are held to.
#include "../support/problems.hpp"
#include "../support/versus.hpp"

namespace versus {
namespace {

[[gnu::noinline]] std::int64_t queens(const chess_board board, int row, int n) {
  if (row == n) {
    return 1;
  }
  std::int64_t solutions = 0;
  for (int column = 0; column < n; ++column) {
    if (queen_is_safe(board, row, column)) {
      solutions += queens(with_queen(board, row, column), row + 1, n);
    }
  }
  return solutions;
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  const versus::queens_answer expected = versus::queens_expected(given.size);
  versus::stopwatch time;
  const std::int64_t solutions = versus::queens({}, 0, static_cast<int>(given.size));
  time.stop();
  return versus::report(time, expected.nodes, solutions == expected.solutions);
}
