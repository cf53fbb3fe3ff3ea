// Parallel work: 200 tasks on as many workers as this process may use processors.
#include <jackdaw/io/io.hpp>

#include <cstdio>
#include <numeric>
#include <vector>

namespace io = jackdaw::io;
using jackdaw::task;

bool is_prime(int number) {
  int divisor = 2;
  while (divisor * divisor <= number && number % divisor != 0) {
    ++divisor;
  }
  return divisor * divisor > number;
}

task<int> count_primes(int begin, int end) {
  int count = 0;
  for (int number = begin; number < end; ++number) {
    count += is_prime(number) ? 1 : 0;
  }
  co_return count;
}

task<int> primes_below_a_million() {
  std::vector<task<int>> pieces;
  for (int begin = 0; begin < 1'000'000; begin += 5'000) {
    pieces.push_back(count_primes(begin == 0 ? 2 : begin, begin + 5'000));
  }
  const std::vector<int> counts = co_await jackdaw::gather(std::move(pieces));
  co_return std::accumulate(counts.begin(), counts.end(), 0);
}

int main() { std::printf("%d primes\n", io::run(primes_below_a_million())); }
