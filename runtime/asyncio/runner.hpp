// asyncio::run() and asyncio::runner: an event loop without I/O, for the time of one run or of several.
//
// io::run() is the one with I/O: it alone knows drivers. Both end a run in the same way, by
// event_loop::shut_down().
#pragma once

#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw::asyncio {

/// Throws std::runtime_error with this text if a loop or a pool runs on this thread.
void require_no_running_loop(const char* otherwise);

struct runner_options {
  /// Switches the loop's debug mode on or off, before the main task begins; without it the environment
  /// decides. asyncio: debug.
  std::optional<bool> debug = std::nullopt;
  /// Time stands still while anything is runnable or a call runs in a thread, and jumps to the next deadline
  /// otherwise: for tests, and for simulations.
  bool virtual_time = false;
  /// Told of errors that nobody fetched; the default writes to stderr.
  failure_handler on_failure = {};
  /// Makes the loop, which then has what it needs of the above. asyncio: loop_factory.
  std::function<std::unique_ptr<event_loop>()> loop_factory = {};
};

/// A loop for several runs, one after the other. The loop is made when it is first asked for.
///
/// Threads       One; interrupt() from any.
/// Errors        std::runtime_error if it is closed, or inside of another run.
/// Source        asyncio.Runner.
class runner {
 public:
  explicit runner(runner_options options = {});
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;
  /// close(); what that throws is reported. Call close() yourself where it matters.
  ~runner();

  /// Runs `main` as a task, and what it spawns as long as that takes; what is left goes on in the next run.
  ///
  /// Returns what `main` returns, or throws what it throws; keyboard_interrupt if it ended because of an
  /// interrupt(). All runs share one context, a copy of the one in which the loop was made, or run in the
  /// context that is given.
  template <class T>
  T run(task<T> main, std::optional<context> in = std::nullopt) {
    event_loop& loop = begin();
    const join_handle<T> handle = loop.create_task(std::move(main), std::string_view(),
                                                   context_slot(in ? *in : parts_->context));
    const main_scope runs(*this, task_reference(handle.record()));
    try {
      return loop.run_until_complete(handle);
    } catch (const cancelled_error&) {
      throw_if_interrupted();
      throw;
    }
  }

  [[nodiscard]] event_loop& get_loop();

  /// Cancels what is left, waits for it and for the calls that run in threads, and closes the loop.
  void close();

  /// What Ctrl-C does, for whoever listens to it: cancels the main task of this run; from the second time on,
  /// keyboard_interrupt leaves the loop. On the loop's own thread the second call throws it itself.
  ///
  /// Threads       Any; not in a signal handler. Does nothing if nothing runs.
  /// Source        asyncio.Runner._on_sigint. Signals are I/O: see io/signal_set.hpp.
  void interrupt();

 private:
  enum class state { created, initialized, closed };

  // One loop, and what it stands on.
  struct loop_parts {
    explicit loop_parts(const runner_options& options);
    virtual_clock clock;
    virtual_world world{clock};
    jackdaw::context context = copy_context();
    std::unique_ptr<event_loop> loop;
  };

  class main_scope {
   public:
    main_scope(runner& owner, task_reference main);
    main_scope(const main_scope&) = delete;
    main_scope& operator=(const main_scope&) = delete;
    ~main_scope();

   private:
    runner* runner_;
  };

  event_loop& begin();
  void interrupt_here();
  void throw_if_interrupted();

  runner_options options_;
  state state_ = state::created;
  std::unique_ptr<loop_parts> parts_;
  std::mutex lock_;
  event_loop* interruptible_ = nullptr;  // Under the lock: the loop, until it is closed.
  task_reference main_;                  // Of the run that is under way. The loop's thread only.
  unsigned interrupts_ = 0;
};

/// Runs `main` on a new loop, and ends with all that it left behind.
///
/// Returns what `main` returns, or throws what it throws, after the shutdown: all tasks that are left are
/// cancelled at once and awaited, what they threw is reported, calls in threads are waited for (five
/// minutes at most), the loop is closed. A task that refuses to end keeps it for ever.
///
/// Threads       The calling thread runs the loop.
/// Errors        std::runtime_error inside of another run.
/// Source        asyncio.run.
template <class T>
T run(task<T> main, runner_options options = {}) {
  require_no_running_loop("asyncio.run() cannot be called from a running event loop");
  runner runs(std::move(options));
  try {
    if constexpr (std::is_void_v<T>) {
      runs.run(std::move(main));
      runs.close();
    } else {
      T result = runs.run(std::move(main));
      runs.close();
      return result;
    }
  } catch (...) {
    runs.close();
    throw;
  }
}

}  // namespace jackdaw::asyncio
