// asyncio.run() and asyncio.new_event_loop() for the twins: the loop, on a clock that jumps.
#pragma once

#include "../support/runtime_kind.hpp"
#include "platform.hpp"
#include <jackdaw/runtime/asyncio/asyncio.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/sleep.hpp>
#include <jackdaw/runtime/task.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace jackdaw::conformance {

/// asyncio.new_event_loop(). Its time begins at 0 and passes only when nothing is runnable, as in
/// virtual_clock.py; while a call runs in a thread, it stands still.
class virtual_loop {
 public:
  explicit virtual_loop(failure_handler on_failure = {});
  virtual_loop(const virtual_loop&) = delete;
  virtual_loop& operator=(const virtual_loop&) = delete;

  asyncio::event_loop* operator->() noexcept { return &loop_; }
  asyncio::event_loop& operator*() noexcept { return loop_; }

  /// Time that a step takes: virtual_clock.py's `loop.now += time`.
  void pass(duration time) noexcept { time_->clock.advance_to(time_->clock.now() + time); }

 private:
  std::shared_ptr<jumping_time> time_;
  asyncio::event_loop loop_;
};

/// asyncio.new_event_loop() on the real clock, for cases in which threads decide when something happens.
class real_loop {
 public:
  real_loop();
  asyncio::event_loop* operator->() noexcept { return &loop_; }
  asyncio::event_loop& operator*() noexcept { return loop_; }

 private:
  asyncio::event_loop loop_;
};

/// asyncio.run(main) on a loop that is there: one that a test has prepared, or on the real clock.
template <class T>
T run_on(asyncio::event_loop& loop, task<T> main) {
  auto* const state = new task_state<T>(loop, std::move(main), {});
  const join_handle<T> handle(*state);
  loop.run(*state);
  return handle.result();
}

/// For asyncio::run() and asyncio::runner: loops of the chosen platform, on the clock that jumps or on
/// the real one.
[[nodiscard]] asyncio::runner_options in_virtual_time(failure_handler on_failure = {});
[[nodiscard]] asyncio::runner_options in_real_time();

/// asyncio.run(main) on the clock that jumps; or over a pool, if that is the platform.
template <class T>
T run(task<T> main, failure_handler on_failure = {}) {
  if (const unsigned workers = chosen_platform().workers; workers != 0) {
    return testing::run_in(testing::pool_of(workers), std::move(main),
                           {.on_failure = std::move(on_failure), .wrap_driver = {}});
  }
  return asyncio::run(std::move(main), in_virtual_time(std::move(on_failure)));
}

/// asyncio.run(main) on the clock that jumps, with a driver that knows I/O: time passes only when no
/// descriptor is ready.
[[nodiscard]] asyncio::runner_options in_virtual_time_with_io();
template <class T>
T run_with_io(task<T> main) {
  return asyncio::run(std::move(main), in_virtual_time_with_io());
}

/// lambda loop, context: log("HANDLER", context["message"], repr(context["exception"]))
void log_failure(const failure& failure);

/// asyncio.sleep(wait, result)
template <class T>
task<T> sleep_for(duration wait, T result) {
  co_await sleep(wait);
  co_return result;
}

/// Awaits a task that was asked to end. True: it ended cancelled; what else it threw is thrown.
template <class T>
task<bool> ended_cancelled(join_handle<T> awaited) {
  try {
    co_await awaited;
  } catch (const cancelled_error&) {
    co_return true;
  }
  co_return false;
}

/// Awaits tasks one after the other, cancelled ones too.
template <class T>
task<> ended(std::vector<join_handle<T>> awaited) {
  for (join_handle<T>& each : awaited) {
    co_await ended_cancelled(each);
  }
}

/// [t.done() for t in tasks]
template <class T>
[[nodiscard]] std::vector<bool> done(const std::vector<join_handle<T>>& tasks) {
  std::vector<bool> each;
  for (const join_handle<T>& task : tasks) {
    each.push_back(task.done());
  }
  return each;
}

/// The time of the running loop in whole units since 0, to print.
[[nodiscard]] long long seconds(const asyncio::event_loop& loop);
[[nodiscard]] long long tenths(const asyncio::event_loop& loop);

/// `for _ in range(count): await asyncio.sleep(0)`
task<> turns(int count);

}  // namespace jackdaw::conformance
