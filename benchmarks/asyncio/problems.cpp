// Question: what do asyncio's everyday operations cost in jackdaw's asyncio mode, in one process on one
// thread, beside CPython's asyncio and uvloop? Each problem is the function of the same name in problems.py.
// Not the question: I/O of servers (benchmarks/server), more than one thread (benchmarks/runtime).
//
//   bench_asyncio PROBLEM COUNT [io_uring | epoll]
//
// Prints one line of JSON: the time per operation, and the memory that each one held at the end.
#include <jackdaw/io/asyncio/asyncio.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
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

// -- I/O -------------------------------------------------------------------------------------------

constexpr std::int64_t connections = 64;
const std::string line_of_64 = std::string(63, 'x') + "\n";

std::int64_t questions_of_each(std::int64_t count) {
  return std::max<std::int64_t>(count / connections, 1);
}

struct echo_protocol final : io::asyncio::protocol {
  void connection_made(const std::shared_ptr<io::asyncio::transport>& made) override {
    writes = made;
  }
  void data_received(std::string_view data) override { writes->write(data); }
  std::shared_ptr<io::asyncio::transport> writes;
};

/// Asks as often as there are questions left, then leaves.
struct asking_protocol final : io::asyncio::protocol {
  explicit asking_protocol(std::int64_t questions) : left(questions) {}
  void connection_made(const std::shared_ptr<io::asyncio::transport>& made) override {
    writes = made;
    writes->write(line_of_64);
  }
  void data_received(std::string_view /*data*/) override {
    if (--left > 0) {
      writes->write(line_of_64);
    } else {
      writes->close();
    }
  }
  void connection_lost(std::exception_ptr /*error*/) override { lost.set_result(); }
  std::shared_ptr<io::asyncio::transport> writes;
  future<void> lost;
  std::int64_t left;
};

/// A question and its answer, both through transports.
task<void> protocol_echo(std::int64_t count) {
  const auto make_echo = [] { return std::make_shared<echo_protocol>(); };
  const auto server = co_await io::asyncio::create_server(make_echo, "127.0.0.1", 0);
  const std::uint16_t port = server->sockets().front().address().port();
  const auto make_asker = [count] {
    return std::make_shared<asking_protocol>(questions_of_each(count));
  };
  std::vector<std::shared_ptr<asking_protocol>> askers;
  for (std::int64_t index = 0; index < connections; ++index) {
    auto made = co_await io::asyncio::create_connection(make_asker, "127.0.0.1", port);
    askers.push_back(std::move(made.second));
  }
  for (const auto& asker : askers) {
    co_await asker->lost;
  }
  server->close();
}

task<void> echo_lines(io::asyncio::stream_reader reader, io::asyncio::stream_writer writer) {
  while (true) {
    const std::string line = co_await reader.readline();
    if (line.empty()) {
      break;
    }
    writer.write(line);
    co_await writer.drain();
  }
  writer.close();
}

task<void> ask_lines(std::uint16_t port, std::int64_t count) {
  auto [reader, writer] = co_await io::asyncio::open_connection("127.0.0.1", port);
  for (std::int64_t index = 0; index < count; ++index) {
    writer.write(line_of_64);
    const std::string answer = co_await reader.readline();
    checksum = static_cast<std::int64_t>(answer.size());
  }
  writer.close();
  co_await writer.wait_closed();
}

/// The same through streams.
task<void> streams_echo(std::int64_t count) {
  const auto server = co_await io::asyncio::start_server(&echo_lines, "127.0.0.1", 0);
  const std::uint16_t port = server->sockets().front().address().port();
  std::vector<task<void>> askers;
  for (std::int64_t index = 0; index < connections; ++index) {
    askers.push_back(ask_lines(port, questions_of_each(count)));
  }
  auto asking = jackdaw::gather(std::move(askers));
  co_await std::move(asking);
  server->close();
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
    {"timer_fire", timer_fire},           {"protocol_echo", &protocol_echo},
    {"streams_echo", &streams_echo},      {"suspended", suspended},
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
