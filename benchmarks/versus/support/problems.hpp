// What the problems are, apart from how a library cuts them into tasks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace versus {

// -- fib -------------------------------------------------------------------------------------------

inline std::int64_t fib_number(std::int64_t n) {
  std::int64_t previous = 0;
  std::int64_t current = 1;
  for (; n > 0; --n) {
    const std::int64_t next = previous + current;
    previous = current;
    current = next;
  }
  return previous;
}

/// How many calls the recursion makes.
inline std::int64_t fib_nodes(std::int64_t n) { return 2 * fib_number(n + 1) - 1; }

// -- skynet: a tree of ten children per node, whose leaves are summed up ---------------------------

inline constexpr std::int64_t skynet_children = 10;
inline constexpr std::int64_t skynet_rounds = 10;

inline std::int64_t skynet_sum(std::int64_t leaves) { return leaves * (leaves - 1) / 2; }

/// Of all rounds together.
inline std::int64_t skynet_nodes(std::int64_t leaves) {
  return skynet_rounds * (leaves * skynet_children - 1) / (skynet_children - 1);
}

// -- nqueens: a node per safe placement -------------------------------------------------------------

inline constexpr int queens_max = 16;
using chess_board = std::array<std::int8_t, queens_max>;

struct queens_answer {
  std::int64_t solutions = 0;
  std::int64_t nodes = 0;
};

/// May a queen stand in `column` of row `row`, given the rows above?
inline bool queen_is_safe(const chess_board& board, int row, int column) {
  for (int above = 0; above < row; ++above) {
    const int other = board[static_cast<std::size_t>(above)];
    const int distance = row - above;
    if (other == column || other == column - distance || other == column + distance) {
      return false;
    }
  }
  return true;
}

inline chess_board with_queen(chess_board board, int row, int column) {
  board[static_cast<std::size_t>(row)] = static_cast<std::int8_t>(column);
  return board;
}

/// The well-known answers (OEIS A000170), and the number of nodes of the search.
inline queens_answer queens_expected(std::int64_t n) {
  switch (n) {
    case 4:
      return {2, 17};
    case 6:
      return {4, 153};
    case 8:
      return {92, 2'057};
    case 10:
      return {724, 35'539};
    case 11:
      return {2'680, 166'926};
    case 12:
      return {14'200, 856'189};
    case 13:
      return {73'712, 4'674'890};
    default:
      return {};
  }
}

// -- matmul: C += A * B by quadrants, leaves of 32 x 32 ----------------------------------------------

inline constexpr std::size_t matmul_leaf = 32;

/// A square part of a matrix whose rows are `stride` apart.
struct square {
  float* at;
  std::size_t n;
  std::size_t stride;

  [[nodiscard]] bool is_leaf() const { return n <= matmul_leaf; }
  [[nodiscard]] square quadrant(std::size_t row, std::size_t column) const {
    return {at + (row * stride + column) * (n / 2), n / 2, stride};
  }
};

/// One of the eight products of quadrants. Number 0 to 3 touch different parts of C, and so do 4 to 7.
struct product {
  square c;
  square a;
  square b;

  [[nodiscard]] product part(std::size_t number) const {
    const std::size_t row = number / 2 % 2;
    const std::size_t column = number % 2;
    const std::size_t middle = number / 4;
    return {c.quadrant(row, column), a.quadrant(row, middle), b.quadrant(middle, column)};
  }
};

// Not inlined: the same machine code, with the same alignment, for everyone.
[[gnu::noinline, gnu::aligned(64)]] inline void multiply_leaf(const product& of) {
  for (std::size_t row = 0; row < of.c.n; ++row) {
    float* const __restrict c = of.c.at + row * of.c.stride;
    for (std::size_t middle = 0; middle < of.c.n; ++middle) {
      const float a = of.a.at[row * of.a.stride + middle];
      const float* const __restrict b = of.b.at + middle * of.b.stride;
      for (std::size_t column = 0; column < matmul_leaf; ++column) {
        c[column] += a * b[column];
      }
    }
  }
}

/// Matrices of small whole numbers, whose product is exact in float.
class matrices {
 public:
  explicit matrices(std::int64_t size)
      : n_(static_cast<std::size_t>(size)), a_(n_ * n_), b_(n_ * n_), c_(n_ * n_) {
    for (std::size_t index = 0; index < n_ * n_; ++index) {
      a_[index] = static_cast<float>(index % 5);
      b_[index] = static_cast<float>(index % 7);
    }
  }

  [[nodiscard]] product whole() {
    return {{c_.data(), n_, n_}, {a_.data(), n_, n_}, {b_.data(), n_, n_}};
  }

  /// Some elements of C, computed directly.
  [[nodiscard]] bool correct() const {
    for (std::size_t row = 0; row < n_; row += 37) {
      const std::size_t column = row * 31 % n_;
      float sum = 0;
      for (std::size_t middle = 0; middle < n_; ++middle) {
        sum += a_[row * n_ + middle] * b_[middle * n_ + column];
      }
      if (sum != c_[row * n_ + column]) {
        return false;
      }
    }
    return true;
  }

 private:
  std::size_t n_;
  std::vector<float> a_;
  std::vector<float> b_;
  std::vector<float> c_;
};

// -- timers ----------------------------------------------------------------------------------------

inline constexpr std::int64_t timers_armed = 1'000;

/// Deadlines from 10 to 110 seconds, in the same pseudo-random order everywhere.
class delays {
 public:
  [[nodiscard]] std::int64_t next_ms() {
    state_ = (state_ * 1664525 + 1013904223) & 0xFFFF'FFFF;
    return 10'000 + (state_ >> 8) % 100'000;
  }

 private:
  std::int64_t state_ = 1;
};

}  // namespace versus
