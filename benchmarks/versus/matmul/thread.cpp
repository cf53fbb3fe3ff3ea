// A thread per worker; each takes the next of the leaves' rows of C.
#include "../support/problems.hpp"
#include "../support/versus.hpp"

#include <atomic>
#include <thread>

namespace versus {
namespace {

void multiply_rows(const product& of, std::size_t row) {
  const std::size_t leaves = of.c.n / matmul_leaf;
  const auto leaf = [](const square& in, std::size_t y, std::size_t x) {
    return square{in.at + (y * in.stride + x) * matmul_leaf, matmul_leaf, in.stride};
  };
  for (std::size_t middle = 0; middle < leaves; ++middle) {
    for (std::size_t column = 0; column < leaves; ++column) {
      multiply_leaf({leaf(of.c, row, column), leaf(of.a, row, middle), leaf(of.b, middle, column)});
    }
  }
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  versus::matrices all(given.size);
  const versus::product whole = all.whole();
  std::atomic<std::size_t> next{0};
  versus::stopwatch time;
  {
    std::vector<std::jthread> threads;
    for (unsigned worker = 0; worker < given.workers; ++worker) {
      threads.emplace_back([&whole, &next] {
        for (std::size_t row = next++; row * versus::matmul_leaf < whole.c.n; row = next++) {
          versus::multiply_rows(whole, row);
        }
      });
    }
  }
  time.stop();
  return versus::report(time, 1, all.correct());
}
