// Loops for all cores, awaited like anything else: the clock of this program goes on ticking meanwhile.
#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/parallel/parallel.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <vector>

namespace io = jackdaw::io;
namespace parallel = jackdaw::parallel;
using jackdaw::task;
using namespace std::chrono_literals;

task<void> tick(int& ticks) {
  while (true) {
    co_await jackdaw::sleep(1ms);
    ++ticks;
  }
}

task<void> numbers() {
  std::vector<double> roots(1'000'000);
  co_await parallel::parallel_for(std::size_t{0}, roots.size(), [&roots](std::size_t index) {
    roots[index] = std::sqrt(static_cast<double>(index));
  });

  // The same sum in every run, on any number of cores: it depends on the range alone.
  const double sum = co_await parallel::reduce(roots, 0.0);
  std::printf("sum of the roots  %.6f\n", sum);

  const auto rounded = [](double root) { return static_cast<long>(root); };
  const long whole = co_await parallel::reduce(roots, 0L, std::plus<>(), rounded);
  std::printf("rounded down      %ld\n", whole);

  std::vector<double> totals(roots.size());
  co_await parallel::scan(roots, totals.begin());
  std::printf("the first three   %.3f\n", totals[2]);

  co_await parallel::sort(roots, std::greater<>());
  std::printf("the greatest      %.3f\n", roots.front());
}

task<void> search_for_ever() {
  std::atomic<long> tries = 0;
  co_await parallel::parallel_for(0L, 1'000'000'000'000'000L, [&tries](long) { ++tries; });
}

task<void> main_task() {
  int ticks = 0;
  const auto clock = jackdaw::spawn(tick(ticks));
  co_await numbers();

  // A deadline ends parallel work too. When this throws, no thread works on it any more.
  try {
    co_await jackdaw::timeout(50ms, search_for_ever());
  } catch (const jackdaw::timeout_error&) {
    std::printf("the search        ended by its deadline\n");
  }
  clock.cancel();
  std::printf("the clock         %s\n", ticks > 1 ? "went on" : "stood still");
}

int main() { io::run(main_task()); }
