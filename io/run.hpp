// The composition root: the only place that knows a scheduler and a driver.
#pragma once

#include <jackdaw/io/probe.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task.hpp>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::io {

enum class mode { multi_thread, asyncio };
enum class backend { automatic, io_uring, epoll };
enum class time_mode { real, simulated };

/// What a program runs on. The default serves most.
struct options {
  options() = default;
  options(io::mode chosen) : mode(chosen) {}  // NOLINT: run(main(), mode::asyncio) reads well.

  /// Work-stealing workers, or asyncio's event loop on one thread. The same program runs in both.
  io::mode mode = io::mode::multi_thread;
  /// Automatic: what the variable JACKDAW_IO says (auto, io_uring, epoll), else io_uring if the kernel
  /// allows it, else epoll.
  io::backend backend = io::backend::automatic;
  /// 0: as many as the cgroup's quota and the affinity mask give. Only for multi_thread.
  unsigned workers = 0;
  /// Simulated: time jumps to the next deadline when nobody has anything to do. No I/O then.
  time_mode time = time_mode::real;
  /// Threads for blocking calls, at most.
  unsigned blocking_threads_max = 64;
  /// Multi_thread: a task that keeps a worker for so long without an await is reported as a warning, with
  /// its name and the time, from a thread of its own that costs the workers nothing. 0: nobody looks. (A
  /// loop's debug mode has asyncio's slow_callback_duration for it.)
  duration report_long_runs_after{0};
  /// Small rings, to test what a full one does. 0: the default.
  unsigned ring_submissions = 0;
  unsigned ring_completions = 0;
  /// How many connections a worker may hold as direct descriptors (listen_options); rings for them are made
  /// as they are needed, each for at most RLIMIT_NOFILE. Accepts that find none free wait, as for EMFILE.
  unsigned direct_descriptors_max = 131072;
  /// Told of errors that nobody fetched; the default writes to stderr.
  failure_handler on_failure;
  /// Told which backend runs and why, before the first task; the default says nothing, except that a
  /// refused io_uring is written to stderr when the first operation begins.
  std::function<void(const std::string&)> on_backend;
};

/// What runs, and its counters. For programs and tests.
struct statistics : scheduler_statistics {
  io::mode mode = io::mode::multi_thread;
  io::backend backend = io::backend::automatic;  // The one in use.
};

/// A scheduler with its drivers, for one run.
class runtime {
 public:
  explicit runtime(options wanted);
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  ~runtime();

  [[nodiscard]] jackdaw::scheduler& scheduler() noexcept;
  /// Runs `main`, a task of scheduler() that was not started, and all that it starts, to the end.
  void run(task_record& main);

 private:
  friend statistics runtime_statistics();
  friend std::string backend_report();
  struct lookup;
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// Runs a program: `main` and all the tasks that it spawns. Tasks that are left when `main` is done are
/// cancelled and awaited.
///
/// Returns what `main` returns, or throws what it throws.
/// Threads       The calling thread becomes worker 0, or runs the loop; others are started when there
///               is work for them. Not inside another run.
/// Errors        io::error if io_uring was asked for and is refused, with the remedy in its text.
/// Cost          About 1 us; a program that does I/O makes its ring or epoll with the first operation.
/// Source        asyncio.run.
template <class T>
T run(task<T> main, options wanted = {}) {
  runtime runs(std::move(wanted));
  auto* const state = new task_state<T>(runs.scheduler(), std::move(main), {});
  join_handle<T> handle(*state);
  try {
    runs.run(*state);
  } catch (...) {
    if (!state->linked() && !state->done()) {
      state->discard_unstarted();  // No driver could be had, or this is a run inside of a run.
    }
    throw;
  }
  state->mark_retrieved();
  if constexpr (std::is_void_v<T>) {
    handle.result();
  } else {
    return state->result().take_value();
  }
}

/// The counters of the runtime that this thread belongs to. Throws std::logic_error elsewhere.
[[nodiscard]] statistics runtime_statistics();

/// The same, worker by worker; a loop counts as one.
[[nodiscard]] std::vector<worker_statistics> runtime_statistics_by_worker();

/// The line about the backend of the runtime that this thread belongs to.
[[nodiscard]] std::string backend_report();

/// "io_uring", "epoll"; "multi", "asyncio".
[[nodiscard]] const char* name_of(backend chosen) noexcept;
[[nodiscard]] const char* name_of(mode chosen) noexcept;

}  // namespace jackdaw::io
