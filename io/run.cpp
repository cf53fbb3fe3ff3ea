// Choosing the parts and putting them together.
#include <jackdaw/io/epoll_driver.hpp>
#include <jackdaw/io/lazy_driver.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/io/uring_driver.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace jackdaw::io {
namespace {

backend backend_from_environment() {
  // Unsafe only beside somebody who changes the environment, which a program with threads must not do.
  const char* const value = std::getenv("JACKDAW_IO");  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr || std::string_view(value).empty() || std::string_view(value) == "auto") {
    return backend::automatic;
  }
  if (std::string_view(value) == "io_uring") {
    return backend::io_uring;
  }
  if (std::string_view(value) == "epoll") {
    return backend::epoll;
  }
  throw std::invalid_argument("JACKDAW_IO is \"" + std::string(value) +
                              "\"; use auto, io_uring or epoll");
}

struct choice {
  backend chosen = backend::epoll;
  std::string line;
};

choice choose_backend(backend wanted) {
  if (wanted == backend::epoll) {
    return {backend::epoll, backend_line(false, true, {})};
  }
  const probe_result probed = probe();
  if (probed.usable) {
    return {backend::io_uring, backend_line(true, wanted == backend::io_uring, probed)};
  }
  if (wanted == backend::io_uring) {
    const int number = probed.error_number();
    throw error(number, "io_uring was asked for, but " + probed.steps.back().what +
                            " is refused (" + std::string(remedy(number)) + ")");
  }
  return {backend::epoll, backend_line(false, false, probed)};
}

const clock& real_clock() {
  static const steady_clock instance;
  return instance;
}

// A forked child has the memory of the runtimes of its parent, and none of their threads; their descriptors
// are its parent's too. So in the child the thread that forked belongs to no runtime: whatever asks for one
// throws. Held by tests/io/pitfalls/processes_test.cpp (B64).
void leave_runtimes_behind_at_fork() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { call_for_current_context() = execution_context(); });
  static_cast<void>(registered);
}

}  // namespace

// The backend is chosen, which asks the kernel for a ring, when somebody wants to know it: a program that
// does no I/O starts without. Who asks for io_uring, or to be told, wants to know it at the start.
struct runtime::parts {
  options wanted;
  virtual_clock simulated_clock;
  virtual_world simulated_world{simulated_clock};
  std::unique_ptr<pool> workers;
  std::unique_ptr<asyncio::event_loop> loop;

  [[nodiscard]] bool simulated() const noexcept { return wanted.time == time_mode::simulated; }
  [[nodiscard]] const clock& time_source() const noexcept {
    return simulated() ? static_cast<const clock&>(simulated_clock) : real_clock();
  }

  /// Threads: any.
  [[nodiscard]] const choice& chosen() const {
    std::call_once(choosing_, [this] { choose(); });
    return choice_;
  }

  /// Worker 0 gets its driver with its first operation. The others, which are started for work that others
  /// have, get it at once: where none can be had, the pool does without such a worker.
  std::unique_ptr<driver> make_driver(unsigned worker) {
    if (simulated()) {
      return std::make_unique<virtual_driver>(simulated_world);
    }
    if (worker == 0) {
      return std::make_unique<lazy_driver>([this] { return make_io_driver(); });
    }
    return make_io_driver();
  }

 private:
  [[nodiscard]] std::unique_ptr<io_driver> make_io_driver() const {
    if (chosen().chosen == backend::epoll) {
      return std::make_unique<epoll_driver>(real_clock());
    }
    ring_sizes sizes;
    if (wanted.ring_submissions != 0) {
      sizes.submissions = wanted.ring_submissions;
    }
    if (wanted.ring_completions != 0) {
      sizes.completions = wanted.ring_completions;
    }
    return std::make_unique<uring_driver>(real_clock(), sizes, wanted.direct_descriptors_max);
  }

  void choose() const {
    if (simulated()) {
      choice_ = {backend::automatic, "simulated time, no I/O"};
      return;
    }
    choice_ = choose_backend(wanted.backend);
    const bool refused = choice_.chosen == backend::epoll && wanted.backend != backend::epoll;
    if (wanted.on_backend) {
      wanted.on_backend(choice_.line);
    } else if (refused) {
      std::fprintf(stderr, "jackdaw: %s\n", choice_.line.c_str());
    }
  }

  mutable std::once_flag choosing_;
  mutable choice choice_;
};

runtime::runtime(options wanted) : parts_(std::make_unique<parts>()) {
  leave_runtimes_behind_at_fork();
  parts& own = *parts_;
  own.wanted = std::move(wanted);
  if (!own.simulated() && own.wanted.backend == backend::automatic) {
    own.wanted.backend = backend_from_environment();
  }
  if (own.wanted.on_backend || own.wanted.backend == backend::io_uring) {
    static_cast<void>(own.chosen());
  }
  const driver_factory factory = [&own](unsigned worker) { return own.make_driver(worker); };
  if (own.wanted.mode == mode::multi_thread) {
    own.workers = std::make_unique<pool>(pool_options{own.wanted.workers, factory,
                                                      &own.time_source(), own.wanted.on_failure,
                                                      own.wanted.report_long_runs_after});
  } else {
    own.loop = std::make_unique<asyncio::event_loop>(
        asyncio::loop_options{factory, &own.time_source(), own.wanted.on_failure});
  }
  scheduler().set_owner(&own);
  scheduler().blocking().set_threads_max(own.wanted.blocking_threads_max);
  if (own.simulated()) {
    scheduler().blocking().set_world(&own.simulated_world);
  }
}

runtime::~runtime() = default;

jackdaw::scheduler& runtime::scheduler() noexcept {
  if (parts_->workers != nullptr) {
    return *parts_->workers;
  }
  return *parts_->loop;
}

void runtime::run(task_record& main) {
  if (current_context().scheduler != nullptr) {
    throw std::runtime_error("io::run() cannot be called from inside a run");
  }
  if (parts_->workers != nullptr) {
    parts_->workers->run(main);
  } else {
    parts_->loop->run(main);
  }
}

struct runtime::lookup {
  static const parts& current() {
    const void* const owner = current_scheduler().owner();
    if (owner == nullptr) {
      throw std::logic_error("this scheduler was not started by jackdaw::io::run()");
    }
    return *static_cast<const parts*>(owner);
  }
};

statistics runtime_statistics() {
  const runtime::parts& parts = runtime::lookup::current();
  statistics found;
  static_cast<scheduler_statistics&>(found) = current_scheduler().statistics();
  found.mode = parts.wanted.mode;
  found.backend = parts.chosen().chosen;
  return found;
}

std::vector<worker_statistics> runtime_statistics_by_worker() {
  return current_scheduler().statistics_by_worker();
}

std::string backend_report() { return runtime::lookup::current().chosen().line; }

const char* name_of(backend chosen) noexcept {
  switch (chosen) {
    case backend::io_uring:
      return "io_uring";
    case backend::epoll:
      return "epoll";
    case backend::automatic:
      break;
  }
  return "auto";
}

const char* name_of(mode chosen) noexcept { return chosen == mode::asyncio ? "asyncio" : "multi"; }

}  // namespace jackdaw::io
