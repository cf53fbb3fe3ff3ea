// What asyncio mode promises beyond the other: one thread, and the same order of events in every run.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

int visits = 0;  // Needs no lock: between two awaits nothing else runs in this process.

task<void> visitor(const char* name, int times, jackdaw::duration period) {
  for (int visit = 1; visit <= times; ++visit) {
    ++visits;
    const auto now = jackdaw::current_scheduler().now().time_since_epoch();
    std::printf("%3d min  %s %d\n", static_cast<int>(now / 1min), name, visit);
    co_await jackdaw::sleep(period);
  }
}

task<void> open_day() {
  co_await jackdaw::gather(visitor("hourly", 2, 1h), visitor("often", 4, 25min),
                           visitor("once", 1, 5min));
  std::printf("%d visits\n", visits);
}

int main() {
  io::options options(io::mode::asyncio);
  options.time = io::time_mode::simulated;  // When nobody can run, time jumps to the next deadline.
  io::run(open_day(), options);
}
