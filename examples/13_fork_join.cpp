// Forks: a tree of coroutines and a tree of plain calls, shared among the workers; and a child that waits.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <numeric>
#include <vector>

namespace io = jackdaw::io;
using jackdaw::fork_join;
using jackdaw::task;
using namespace std::chrono_literals;

task<long> fib(long n) {
  if (n < 2) {
    co_return n;
  }
  const auto [a, b] = co_await fork_join(fib(n - 1), fib(n - 2));
  co_return a + b;
}

long sum(const long* first, const long* last) {
  if (last - first < 10'000) {
    return std::accumulate(first, last, 0L);
  }
  const long* const middle = first + (last - first) / 2;
  const auto [a, b] =
      fork_join([=] { return sum(first, middle); }, [=] { return sum(middle, last); });
  return a + b;
}

task<int> fetch(int value) {
  co_await jackdaw::sleep(10ms);
  co_return value;
}

task<void> show() {
  std::printf("fib(25) = %ld\n", co_await fib(25));

  std::vector<long> numbers(1'000'000);
  std::iota(numbers.begin(), numbers.end(), 1);
  std::printf("sum = %ld\n", sum(numbers.data(), numbers.data() + numbers.size()));

  // Both wait at the same time.
  const auto [one, two] = co_await fork_join(fetch(1), fetch(2));
  std::printf("fetched %d and %d\n", one, two);
}

int main() { io::run(show()); }
