// Links: jackdaw::io
#include "../support/on_jackdaw.hpp"

#include <atomic>

namespace versus {
namespace {

using jackdaw::event;
using jackdaw::task;

std::atomic<std::int64_t> suspended{0};
std::atomic<std::int64_t> finished{0};

task<void> wait_at(event& gate) {
  suspended.fetch_add(1, std::memory_order_relaxed);
  co_await gate.wait();
  finished.fetch_add(1, std::memory_order_relaxed);
}

task<int> suspend_all(std::int64_t size) {
  event gate;
  const std::int64_t before = resident_bytes();
  stopwatch time;
  for (std::int64_t index = 0; index < size; ++index) {
    jackdaw::spawn(wait_at(gate));
  }
  while (suspended.load() != size) {
    co_await jackdaw::yield();
  }
  const std::int64_t held = resident_bytes() - before;
  gate.set();
  while (finished.load() != size) {
    co_await jackdaw::yield();
  }
  time.stop();
  co_return report(time, size, true, static_cast<double>(held) / static_cast<double>(size));
}

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse(count, values);
  return versus::on_jackdaw(given, versus::suspend_all(given.size));
}
