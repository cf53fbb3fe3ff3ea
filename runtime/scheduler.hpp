// The seam between everything that waits and whoever runs what no longer has to.
//
// A primitive never resumes anybody: it hands waiters to their scheduler, oldest first. The two
// schedulers differ in where runnable work goes (a worker's deque, or the tail of the loop's FIFO)
// and in who turns the wheel; this interface is all that the rest of the library sees of them.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/driver.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/task_registry.hpp>
#include <jackdaw/runtime/work.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace jackdaw {

class blocking_pool;
class future_base;
class task_record;
class timer;

/// What one worker, or a loop, did since it started. Monotonic; exact when nothing runs.
struct worker_statistics {
  std::uint64_t resumptions = 0;   // Works run: steps of tasks, and callbacks.
  std::uint64_t spawns = 0;        // Tasks started by it; outsiders count as worker 0.
  std::uint64_t steals = 0;        // Works taken from another worker.
  std::uint64_t steal_hits = 0;    // Rounds over the victims that found something.
  std::uint64_t steal_misses = 0;  // Rounds over all victims that found nothing.
  std::uint64_t parks = 0;         // Times it went to sleep.
  std::uint64_t polls = 0;         // Times it asked its driver without going to sleep.
  std::uint64_t wakes = 0;         // Times it claimed a sleeping worker because of new work.
  // Announcements of new work that woke nobody: all were awake, or somebody searched already.
  std::uint64_t wakes_suppressed = 0;
  std::uint64_t batches = 0;       // Times it queued several works at once.
  std::uint64_t forks_shown = 0;   // Children of forks that others might have taken.
  std::uint64_t frame_misses = 0;  // Frames and records that its free lists did not have.
  driver_statistics drivers;       // Its driver's; in a sum those of all workers.

  worker_statistics& operator+=(const worker_statistics& other) noexcept;
};

/// The same, summed over the workers.
struct scheduler_statistics : worker_statistics {
  unsigned workers = 0;
  std::uint64_t tasks_alive = 0;  // Tasks not yet done.
};

/// A call that is to be made where tasks may be spawned. Destroyed uncalled if the scheduler ends before.
class outside_call : public work, public pooled {
 public:
  outside_call() noexcept : work(&outside_call::make_queued) {}
  outside_call(const outside_call&) = delete;
  outside_call& operator=(const outside_call&) = delete;
  virtual ~outside_call() = default;
  virtual void make() = 0;

 private:
  static void make_queued(work& self);
};

class scheduler {
 public:
  scheduler(const clock& clock, failure_handler on_failure, unsigned registry_shards);
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  virtual ~scheduler();

  /// Queues `work` to run. Threads: any. Order: FIFO in the loop; not promised in the pool.
  virtual void schedule(work& work) noexcept = 0;

  /// Queues the work that runs now behind everything that is runnable on this worker.
  /// Threads: one of the scheduler's own.
  virtual void schedule_last(work& work) noexcept = 0;

  /// Runs a callback that reacts to the end of a task or future: in the loop one turn later
  /// (asyncio's call_soon; the hop is observable), in the pool at once.
  virtual void run_callback(work& work) noexcept = 0;

  /// Makes `call` where the functions may be called that are not for any thread: on a loop's thread, in its
  /// next turn (asyncio: call_soon_threadsafe); at once where all threads are alike. Threads: any.
  /// Throws std::runtime_error if a loop is closed.
  virtual void call_threadsafe(std::unique_ptr<outside_call> call) { call->make(); }

  /// Makes `call` on a thread of its own, later: see post(). Threads: any. Throws std::runtime_error if the
  /// scheduler has ended.
  virtual void post(std::unique_ptr<outside_call> call) { call_threadsafe(std::move(call)); }

  virtual void arm_timer(timer& timer) = 0;
  virtual void disarm_timer(timer& timer) noexcept = 0;

  /// False if all tasks run on one thread, and only on it.
  [[nodiscard]] virtual bool concurrent() const noexcept = 0;
  /// True on the thread of a scheduler that is not concurrent, whether it runs or not.
  [[nodiscard]] virtual bool is_this_thread() const noexcept = 0;
  [[nodiscard]] virtual scheduler_statistics statistics() const = 0;
  /// One for each worker. Threads: any, at any time. Cost: an allocation; counting costs the workers a store.
  [[nodiscard]] virtual std::vector<worker_statistics> statistics_by_worker() const;

  /// A new task exists. Called before it is scheduled for the first time. Throws std::runtime_error if
  /// the scheduler has ended.
  virtual void task_spawned(task_record& task);
  /// Counts a task that has no record yet, and queues `seed`, which makes it and runs the first step. Throws
  /// std::runtime_error if the scheduler has ended.
  virtual void start_detached(work& seed);
  /// A task that was counted has a record now, and is about to run its first step. Threads: one of the
  /// scheduler's own.
  virtual void task_begins(task_record& task) noexcept { tasks_.link(task); }
  /// A task is done; its result is in place and its waiters have not been told yet.
  virtual void task_finished(task_record& task) noexcept;

  /// All that refers to a future or task that is not done are awaits. On a loop's own thread only.
  virtual void may_be_lost(future_base& /*suspect*/) noexcept {}

  [[nodiscard]] time_point now() const noexcept { return clock_->now(); }
  [[nodiscard]] const clock& time_source() const noexcept { return *clock_; }
  [[nodiscard]] task_registry& tasks() noexcept { return tasks_; }
  [[nodiscard]] const task_registry& tasks() const noexcept { return tasks_; }
  [[nodiscard]] blocking_pool& blocking() noexcept { return *blocking_; }

  /// For whoever put the scheduler together: a note to find again through current_scheduler().
  void set_owner(void* owner) noexcept { owner_ = owner; }
  [[nodiscard]] void* owner() const noexcept { return owner_; }

  /// True if the first step of a task runs where the task is made: task_options::eager_start for all.
  [[nodiscard]] bool starts_eagerly() const noexcept { return starts_eagerly_; }

  /// Tells the failure handler. Never throws. Threads: any.
  virtual void report(const failure& failure) noexcept;
  [[nodiscard]] std::shared_ptr<const failure_handler> on_failure() const noexcept {
    return on_failure_;
  }

 protected:
  void set_starts_eagerly(bool eagerly) noexcept { starts_eagerly_ = eagerly; }

 private:
  const clock* clock_;
  void* owner_ = nullptr;
  bool starts_eagerly_ = false;
  std::shared_ptr<const failure_handler> on_failure_;
  task_registry tasks_;
  std::unique_ptr<blocking_pool> blocking_;
};

/// Calls `handler`, or the default one; what it throws is written to stderr.
void report_with(const failure_handler* handler, const failure& failure) noexcept;

}  // namespace jackdaw
