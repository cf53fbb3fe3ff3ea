// Question: what do asyncio's everyday operations cost in jackdaw's asyncio mode, in one process on one
// thread, beside CPython's asyncio and uvloop? Each problem is the function of the same name in problems.py.
// Not the question: I/O (benchmarks/server), more than one thread (benchmarks/runtime).
//
//   bench_asyncio PROBLEM COUNT [io_uring | epoll]
//
// Prints one line of JSON: the time per operation, and the memory that each one held at the end.
#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

using namespace std::chrono_literals;
using asyncio::create_task;
using asyncio::event_loop;
using asyncio::get_running_loop;

/// Results go here, so that no compiler may leave work out.
volatile std::int64_t checksum = 0;

// -- Callbacks -------------------------------------------------------------------------------------

struct chain {
  event_loop& loop;
  future<void> ended;
  std::int64_t left;

  void link() {
    if (--left > 0) {
      loop.call_soon([this] { link(); });
    } else {
      ended.set_result();
    }
  }
};

/// Each callback schedules the next: a turn of the loop per callback.
task<void> call_soon_chain(std::int64_t count) {
  event_loop& loop = get_running_loop();
  chain links{loop, loop.create_future<void>(), count};
  loop.call_soon([&links] { links.link(); });
  co_await links.ended;
}

/// As many callbacks as there are, all in one turn.
task<void> call_soon_burst(std::int64_t count) {
  event_loop& loop = get_running_loop();
  std::int64_t calls = 0;
  for (std::int64_t index = 0; index < count; ++index) {
    loop.call_soon([&calls] { ++calls; });
  }
  co_await asyncio::sleep(0s);
  checksum = calls;
}

// -- Tasks -----------------------------------------------------------------------------------------

task<std::int64_t> child(std::int64_t value) { co_return value + 1; }

/// A coroutine that is awaited without becoming a task.
task<void> await_coroutine(std::int64_t count) {
  std::int64_t value = 0;
  for (std::int64_t index = 0; index < count; ++index) {
    value = co_await child(value);
  }
  checksum = value;
}

task<void> create_and_await(std::int64_t count) {
  std::int64_t value = 0;
  for (std::int64_t index = 0; index < count; ++index) {
    value = co_await create_task(child(value));
  }
  checksum = value;
}

/// One gather() of them all.
task<void> gather_all(std::int64_t count) {
  std::vector<task<std::int64_t>> children;
  children.reserve(static_cast<std::size_t>(count));
  for (std::int64_t index = 0; index < count; ++index) {
    children.push_back(child(index));
  }
  std::int64_t sum = 0;
  for (const std::int64_t value : co_await asyncio::gather(std::move(children))) {
    sum += value;
  }
  checksum = sum;
}

task<void> put_all(asyncio::queue<std::int64_t>& items, std::int64_t count) {
  for (std::int64_t index = 0; index < count; ++index) {
    co_await items.put(index);
  }
}

/// A queue with room for one item between two tasks: each item changes hands at once.
task<void> queue_hand_off(std::int64_t count) {
  asyncio::queue<std::int64_t> items(1);
  const auto producer = create_task(put_all(items, count));
  std::int64_t sum = 0;
  for (std::int64_t index = 0; index < count; ++index) {
    sum += co_await items.get();
  }
  co_await producer;
  checksum = sum;
}

constexpr std::int64_t crowd = 1000;

task<void> give_way(std::int64_t times) {
  for (std::int64_t index = 0; index < times; ++index) {
    co_await asyncio::sleep(0s);
  }
}

/// A thousand tasks give way to each other in turn.
task<void> sleep_zero(std::int64_t count) {
  std::vector<task<void>> tasks;
  for (std::int64_t index = 0; index < crowd; ++index) {
    tasks.push_back(give_way(count / crowd));
  }
  co_await asyncio::gather(std::move(tasks));
}

// -- Timers ----------------------------------------------------------------------------------------

/// All are set, and all cancelled before they are due: timeouts.
task<void> timer_cancel(std::int64_t count) {
  event_loop& loop = get_running_loop();
  std::vector<asyncio::handle> handles;
  for (std::int64_t index = 0; index < count; ++index) {
    handles.push_back(loop.call_later(10s + (index * 7919 % 100'000) * 1ms, [] {}));
  }
  for (const asyncio::handle& timer : handles) {
    timer.cancel();
  }
  co_await asyncio::sleep(0s);
}

/// All are due at once, with different deadlines.
task<void> timer_fire(std::int64_t count) {
  event_loop& loop = get_running_loop();
  const time_point now = loop.time();
  future<void> ended = loop.create_future<void>();
  std::int64_t left = count;
  for (std::int64_t index = 0; index < count; ++index) {
    loop.call_at(now - (index * 7919 % 100'000) * 1us, [&left, &ended] {
      if (--left == 0) {
        ended.set_result();
      }
    });
  }
  co_await ended;
}

// -- Memory ----------------------------------------------------------------------------------------

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::int64_t bytes_held = 0;

task<void> wait_at(const future<void>& gate) { co_await gate; }

/// Tasks that wait for one future.
task<void> suspended(std::int64_t count) {
  const future<void> gate;
  std::vector<join_handle<void>> tasks;
  tasks.reserve(static_cast<std::size_t>(count));
  const std::int64_t before = resident_bytes();
  for (std::int64_t index = 0; index < count; ++index) {
    tasks.push_back(create_task(wait_at(gate)));
  }
  co_await asyncio::sleep(0s);
  bytes_held = resident_bytes() - before;
  gate.set_result();
  for (const join_handle<void>& each : tasks) {
    co_await each;
  }
}

// -- One run ---------------------------------------------------------------------------------------

using problem = task<void> (*)(std::int64_t count);

const std::map<std::string_view, problem> problems = {
    {"call_soon_chain", call_soon_chain}, {"call_soon_burst", call_soon_burst},
    {"await_coroutine", await_coroutine}, {"create_and_await", create_and_await},
    {"gather_all", gather_all},           {"queue_hand_off", queue_hand_off},
    {"sleep_zero", sleep_zero},           {"timer_cancel", timer_cancel},
    {"timer_fire", timer_fire},           {"suspended", suspended},
};

task<double> time_of(problem run, std::int64_t count) {
  // A tenth first, for caches, page tables and free lists; not where memory is the question.
  if (run != &suspended) {
    co_await run(count / 10);
  }
  const auto begin = std::chrono::steady_clock::now();
  co_await run(count);
  const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - begin;
  co_return passed.count();
}

int print_one(std::string_view name, std::int64_t count, std::string_view backend) {
  io::options options(io::mode::asyncio);
  if (!backend.empty()) {
    options.backend = backend == "epoll" ? io::backend::epoll : io::backend::io_uring;
  }
  const double ns = io::run(time_of(problems.at(name), count), options);
  const auto operations = static_cast<double>(count);
  std::printf("{\"problem\": \"%s\", \"count\": %lld, \"ns\": %.2f, \"bytes\": %.1f}\n",
              std::string(name).c_str(), static_cast<long long>(count), ns / operations,
              static_cast<double>(bytes_held) / operations);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace jackdaw::benchmarks

int main(int argc, char** argv) {
  if (argc < 3 || !jackdaw::benchmarks::problems.contains(argv[1])) {
    std::fprintf(stderr, "usage: %s PROBLEM COUNT [io_uring | epoll]; problems:", argv[0]);
    for (const auto& [name, run] : jackdaw::benchmarks::problems) {
      std::fprintf(stderr, " %s", std::string(name).c_str());
    }
    std::fputs("\n", stderr);
    return EXIT_FAILURE;
  }
  return jackdaw::benchmarks::print_one(argv[1], std::atoll(argv[2]), argc > 3 ? argv[3] : "");
}
