// Parallel work: 200 tasks, run by as many workers as this process may use processors.
#include <jackdaw/io/io.hpp>

#include <cstdint>
#include <cstdio>
#include <numeric>
#include <vector>

namespace io = jackdaw::io;
using jackdaw::task;

namespace {

bool is_prime(std::uint32_t number) {
  for (std::uint32_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) {
      return false;
    }
  }
  return number >= 2;
}

task<int> count_primes(std::uint32_t begin, std::uint32_t end) {
  int count = 0;
  for (std::uint32_t number = begin; number < end; ++number) {
    count += is_prime(number) ? 1 : 0;
  }
  co_return count;
}

task<int> primes_below(std::uint32_t limit, std::uint32_t piece) {
  std::vector<task<int>> pieces;
  for (std::uint32_t begin = 0; begin < limit; begin += piece) {
    pieces.push_back(count_primes(begin, std::min(begin + piece, limit)));
  }
  const std::vector<int> counts = co_await jackdaw::gather(std::move(pieces));
  co_return std::accumulate(counts.begin(), counts.end(), 0);
}

}  // namespace

int main() { std::printf("%d primes below a million\n", io::run(primes_below(1'000'000, 5'000))); }
