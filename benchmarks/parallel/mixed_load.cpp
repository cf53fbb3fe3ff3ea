// Question: how late is a task that waits for a timer or a connection, beside parallel work that could use
// all cores, and how long does the work take? For the parallel room, and for both naive ways to use oneTBB.
// Not the question: how fast oneTBB is by itself.
//
//   bench_parallel [--small] [--rounds N] [--workers N]
//
// Rounds are interleaved; figures are of the best round and of the median one. Each ends by itself, after some 100 ms of work for all cores, done three times.
#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/parallel/parallel.hpp>

#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::benchmarks {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

struct sizes {
  std::size_t items;     // Of parallel_for, 2 us each.
  std::size_t elements;  // To sort.
  int repetitions;
};

// Some 2 us that no compiler leaves out.
std::uint64_t churn(std::uint64_t seed) {
  for (int step = 0; step < 1'000; ++step) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
  }
  return seed;
}

struct data {
  explicit data(const sizes& of) : items(of.items), unsorted(of.elements) {
    std::mt19937_64 random(42);
    std::generate(unsorted.begin(), unsorted.end(), random);
  }
  std::vector<std::uint64_t> items;
  std::vector<std::uint64_t> unsorted;
};

// -- The work, three times ---------------------------------------------------------------------------

using work_function = task<void> (*)(data& on, std::vector<std::uint64_t>& to_sort);

task<void> room_for(data& on, std::vector<std::uint64_t>&) {
  co_await parallel::parallel_for(on.items, [](std::uint64_t& item) { item = churn(item + 1); });
}
task<void> room_sort(data&, std::vector<std::uint64_t>& to_sort) {
  co_await parallel::sort(to_sort);
}

void tbb_for(data* on) {
  tbb::parallel_for(std::size_t{0}, on->items.size(),
                    [on](std::size_t index) { on->items[index] = churn(on->items[index] + 1); });
}
void tbb_sort(std::vector<std::uint64_t>* to_sort) {
  tbb::parallel_sort(to_sort->begin(), to_sort->end());
}

task<void> inside_for(data& on, std::vector<std::uint64_t>&) {
  tbb_for(&on);
  co_return;
}
task<void> inside_sort(data&, std::vector<std::uint64_t>& to_sort) {
  tbb_sort(&to_sort);
  co_return;
}
task<void> thread_for(data& on, std::vector<std::uint64_t>&) { co_await to_thread(&tbb_for, &on); }
task<void> thread_sort(data&, std::vector<std::uint64_t>& to_sort) {
  co_await to_thread(&tbb_sort, &to_sort);
}
task<void> nothing(data&, std::vector<std::uint64_t>&) { co_await sleep(100ms); }

struct variant {
  const char* name;
  work_function of_for;
  work_function of_sort;
};
constexpr std::array variants = {
    variant{"no parallel work", &nothing, &nothing},
    variant{"jackdaw::parallel", &room_for, &room_sort},
    variant{"to_thread(tbb)", &thread_for, &thread_sort},
    variant{"tbb inside a task", &inside_for, &inside_sort},
};

// -- What must not be late ---------------------------------------------------------------------------

struct figures {
  std::vector<double> tick_us;
  std::vector<double> echo_us;
  std::vector<double> work_ms;
};

double microseconds(steady_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

task<void> tick(const std::atomic<bool>& over, figures& into) {
  while (!over.load()) {
    const auto due = steady_clock::now() + 1ms;
    co_await sleep(1ms);
    into.tick_us.push_back(microseconds(steady_clock::now() - due));
  }
}

task<void> serve(io::tcp_listener& listener) {
  io::tcp_stream stream = co_await listener.accept();
  std::array<std::byte, 64> buffer{};
  while (true) {
    const std::size_t count = co_await stream.read_some(buffer);
    if (count == 0) {
      co_return;
    }
    co_await stream.write_all(std::span(buffer).first(count));
  }
}

task<void> echo(io::tcp_listener& listener, const std::atomic<bool>& over, figures& into) {
  io::tcp_stream stream = co_await io::tcp_stream::connect(listener.local_address());
  std::array<std::byte, 64> message{};
  while (!over.load()) {
    co_await sleep(1ms);
    const auto began = steady_clock::now();
    co_await stream.write_all(message);
    for (std::size_t received = 0; received < message.size();) {
      received += co_await stream.read_some(std::span(message).subspan(received));
    }
    into.echo_us.push_back(microseconds(steady_clock::now() - began));
  }
}

// Tasks that compute too, and yield: what coroutines and parallel work share.
task<void> compute(const std::atomic<bool>& over) {
  std::uint64_t done = 0;
  while (!over.load()) {
    done = churn(done + 1);
    co_await yield();
  }
}

task<void> one_round(work_function work, unsigned computing, int repetitions, data& on,
                     figures& into) {
  std::atomic<bool> over = false;
  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  std::vector<join_handle<void>> others;
  others.push_back(spawn(serve(listener)));
  others.push_back(spawn(echo(listener, over, into)));
  others.push_back(spawn(tick(over, into)));
  for (unsigned index = 0; index < computing; ++index) {
    others.push_back(spawn(compute(over)));
  }
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    std::vector<std::uint64_t> to_sort = on.unsorted;
    co_await sleep(5ms);
    const auto began = steady_clock::now();
    co_await work(on, to_sort);
    into.work_ms.push_back(microseconds(steady_clock::now() - began) / 1'000);
  }
  over.store(true);
  for (const join_handle<void>& each : others) {
    co_await each;
  }
}

double quantile(std::vector<double> of, double part) {
  std::sort(of.begin(), of.end());
  return of.empty() ? 0 : of[static_cast<std::size_t>(part * static_cast<double>(of.size() - 1))];
}

// A figure of each round, and what they come to. The best round is the one that other programs of the
// machine disturbed least.
struct over_rounds {
  double best = 0;
  double median = 0;
};

template <class Figure>
over_rounds summary(const std::vector<figures>& rounds, const Figure& figure) {
  std::vector<double> each;
  std::transform(rounds.begin(), rounds.end(), std::back_inserter(each), figure);
  return {quantile(each, 0), quantile(each, 0.5)};
}

void print(const char* name, const std::vector<figures>& rounds) {
  const auto tick_50 = summary(rounds, [](const figures& f) { return quantile(f.tick_us, 0.5); });
  const auto tick_99 = summary(rounds, [](const figures& f) { return quantile(f.tick_us, 0.99); });
  const auto echo_50 = summary(rounds, [](const figures& f) { return quantile(f.echo_us, 0.5); });
  const auto echo_99 = summary(rounds, [](const figures& f) { return quantile(f.echo_us, 0.99); });
  const auto work = summary(rounds, [](const figures& f) { return quantile(f.work_ms, 0.5); });
  std::printf("%-20s %8.0f %9.0f %8.0f  %8.0f %9.0f %8.0f  %9.1f %8.1f\n", name, tick_50.median,
              tick_99.best, tick_99.median, echo_50.median, echo_99.best, echo_99.median, work.best,
              work.median);
}

struct setting {
  const char* name;
  bool sorts;
  unsigned computing;
  io::options how;
};

void measure(const setting& in, const sizes& of, int rounds) {
  data on(of);
  std::array<std::vector<figures>, variants.size()> results;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t index = 0; index < variants.size(); ++index) {
      const variant& each = variants.at(index);
      io::run(one_round(in.sorts ? each.of_sort : each.of_for, in.computing, of.repetitions, on,
                        results.at(index).emplace_back()),
              in.how);
    }
  }
  std::printf("%-20s %8s %9s %8s  %8s %9s %8s  %9s %8s\n", in.name, "", "tick", "", "", "echo", "",
              "work", "");
  std::printf("%-20s %8s %9s %8s  %8s %9s %8s  %9s %8s\n", "", "p50", "p99 best", "median", "p50",
              "p99 best", "median", "best", "median");
  for (std::size_t index = 0; index < variants.size(); ++index) {
    print(variants.at(index).name, results.at(index));
  }
  std::printf("\n");
}

}  // namespace
}  // namespace jackdaw::benchmarks

int main(int count, char** arguments) {
  using namespace jackdaw::benchmarks;
  sizes of{100'000, 4'000'000, 3};
  int rounds = 5;
  unsigned workers = 0;
  for (int index = 1; index < count; ++index) {
    const std::string_view word = arguments[index];
    if (word == "--small") {
      of = {1'000, 10'000, 1};
      rounds = 1;
    } else if (word == "--rounds" && index + 1 < count) {
      rounds = std::atoi(arguments[++index]);
    } else if (word == "--workers" && index + 1 < count) {
      workers = static_cast<unsigned>(std::atoi(arguments[++index]));
    } else {
      std::fprintf(stderr, "bench_parallel [--small] [--rounds N] [--workers N]\n");
      return 2;
    }
  }
  jackdaw::io::options pool;
  pool.workers = workers;
  const jackdaw::io::options loop(jackdaw::io::mode::asyncio);
  std::printf("Lateness of a 1 ms timer and 64-byte echo, us; duration of the work, ms\n\n");
  measure({"for, pool", false, 0, pool}, of, rounds);
  measure({"sort, pool", true, 0, pool}, of, rounds);
  measure({"for, one computes", false, 1, pool}, of, rounds);
  measure({"for, all compute", false, 2, pool}, of, rounds);
  measure({"for, loop", false, 0, loop}, of, rounds);
  measure({"for, loop computes", false, 1, loop}, of, rounds);
}
