// Plain functions, no coroutines: the safe columns of a row are halved until one is left.
// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"
#include <jackdaw/runtime/fork_join.hpp>

#include <span>

namespace versus {
namespace {

struct position {
  chess_board board;
  int row;
  int n;
};

std::int64_t queens(const position& here);

std::int64_t with_queens(const position& here, std::span<const int> columns) {
  if (columns.size() == 1) {
    return queens({with_queen(here.board, here.row, columns[0]), here.row + 1, here.n});
  }
  const auto half = columns.size() / 2;
  const auto [first, second] =
      jackdaw::fork_join([&] { return with_queens(here, columns.first(half)); },
                         [&] { return with_queens(here, columns.subspan(half)); });
  return first + second;
}

std::int64_t queens(const position& here) {
  if (here.row == here.n) {
    return 1;
  }
  std::array<int, queens_max> columns{};
  std::size_t children = 0;
  for (int column = 0; column < here.n; ++column) {
    if (queen_is_safe(here.board, here.row, column)) {
      columns[children++] = column;
    }
  }
  return children == 0 ? 0 : with_queens(here, std::span(columns).first(children));
}

jackdaw::task<int> measure(std::int64_t n) {
  const queens_answer expected = queens_expected(n);
  stopwatch time;
  const std::int64_t solutions = queens({chess_board(), 0, static_cast<int>(n)});
  time.stop();
  co_return report(time, expected.nodes, solutions == expected.solutions);
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::measure(given.size));
}
