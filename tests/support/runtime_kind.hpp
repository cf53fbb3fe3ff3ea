// tests/support/runtime_kind.hpp
//
// The runtimes that every test of behaviour runs over: a scheduler, a driver for each of its workers,
// and a clock. A new backend is one more row of the table in runtime_kind.cpp: a name, and a function
// that runs a task<void> to its end.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/driver.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/task.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::testing {

/// What a test may want to be different from the usual.
struct run_options {
  failure_handler on_failure;
  /// Puts something around each driver, to watch it.
  std::function<std::unique_ptr<driver>(std::unique_ptr<driver>)> wrap_driver;
};

struct runtime_kind {
  using run_function = void (*)(const runtime_kind& kind, task<void> main,
                                const run_options& options);

  const char* name;
  /// Of the pool; 0 stands for the asyncio loop.
  unsigned workers;
  /// Time passes only when all sleep: an hour of waiting is over at once.
  bool virtual_time;
  /// Returns when `main` and everything that it left behind has ended.
  run_function run_main;

  [[nodiscard]] bool is_loop() const { return workers == 0; }
  /// One thread runs all tasks, so what happens between two awaits happens alone.
  [[nodiscard]] bool one_thread() const { return workers <= 1; }
  /// Waiters run in the order in which they were woken: asyncio's promise, which a pool does not make.
  [[nodiscard]] bool keeps_order() const { return is_loop(); }
};

/// {asyncio loop, pool of 1, pool of 4} x {thread parker and real time, virtual driver and virtual time}.
[[nodiscard]] const std::vector<runtime_kind>& all_kinds();
/// Those with virtual time: for tests in which time matters.
[[nodiscard]] std::vector<runtime_kind> virtual_kinds();
/// Those that keep order: for what asyncio promises and a pool does not.
[[nodiscard]] std::vector<runtime_kind> order_kinds();
/// Pools alone, of 1, 2, 4 and 8 workers.
[[nodiscard]] std::vector<runtime_kind> pool_kinds();
/// Those in which several threads run tasks.
[[nodiscard]] std::vector<runtime_kind> parallel_kinds();
/// A pool with as many workers as wanted.
[[nodiscard]] runtime_kind pool_of(unsigned workers, bool virtual_time = true);
[[nodiscard]] runtime_kind asyncio_loop(bool virtual_time = true);

/// GoogleTest prints parameters by this.
void PrintTo(const runtime_kind& kind, std::ostream* out);  // NOLINT(readability-identifier-naming)

template <class T>
task<void> keep_outcome(task<T> body, outcome<T>& result) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
      result.set_value();
    } else {
      result.set_value(co_await std::move(body));
    }
  } catch (...) {
    result.set_exception(std::current_exception());
  }
}

/// Runs `main` in a new runtime; returns what it returns, throws what it throws.
template <class T>
T run_in(const runtime_kind& kind, task<T> main, const run_options& options = {}) {
  outcome<T> result;
  kind.run_main(kind, keep_outcome(std::move(main), result), options);
  return result.take_value();
}

/// Waits until no other task of this runtime can run: all of them wait for something, or have ended.
/// Takes no time: it yields, and looks whether anybody else ran meanwhile.
task<void> settled();

}  // namespace jackdaw::testing
