// A coroutine per placement.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

namespace versus {
namespace {

using jackdaw::task;

task<void> queens(chess_board board, int row, int n, std::int64_t& solutions);

struct next_row {
  const chess_board* board;
  int row;
  int n;
  const int* columns;
  std::int64_t* found;

  JACKDAW_CORO_WRAPPER task<void> operator()(std::size_t index) const {
    return queens(with_queen(*board, row, columns[index]), row + 1, n, found[index]);
  }
};

task<void> queens(const chess_board board, int row, int n, std::int64_t& solutions) {
  if (row == n) {
    solutions = 1;
    co_return;
  }
  std::array<int, queens_max> columns{};
  std::array<std::int64_t, queens_max> found{};
  std::size_t children = 0;
  for (int column = 0; column < n; ++column) {
    if (queen_is_safe(board, row, column)) {
      columns[children++] = column;
    }
  }
  const next_row child{&board, row, n, columns.data(), found.data()};
  co_await jackdaw::fork_each(std::size_t{0}, children, child);
  solutions = 0;
  for (std::size_t index = 0; index < children; ++index) {
    solutions += found[index];
  }
}

task<int> measure(std::int64_t n) {
  const queens_answer expected = queens_expected(n);
  std::int64_t solutions = 0;
  stopwatch time;
  co_await queens(chess_board(), 0, static_cast<int>(n), solutions);
  time.stop();
  co_return report(time, expected.nodes, solutions == expected.solutions);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::measure(given.size));
}
