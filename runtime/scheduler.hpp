// The seam between everything that waits and whoever runs what no longer has to.
//
// A primitive never resumes anybody: it hands waiters to their scheduler, oldest first. The two
// schedulers differ in where runnable work goes (a worker's deque, or the tail of the loop's FIFO)
// and in who turns the wheel; this interface is all that the rest of the library sees of them.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/driver.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/task_registry.hpp>
#include <jackdaw/runtime/work.hpp>

#include <cstdint>
#include <memory>

namespace jackdaw {

class blocking_pool;
class future_base;
class task_record;
class timer;

/// Counters of a scheduler since it started. Monotonic; exact when nothing runs.
struct scheduler_statistics {
  unsigned workers = 0;
  std::uint64_t resumptions = 0;   // Works run: steps of tasks, and callbacks.
  std::uint64_t spawns = 0;        // Tasks started.
  std::uint64_t tasks_alive = 0;   // Tasks not yet done.
  std::uint64_t steals = 0;        // Works taken from another worker.
  std::uint64_t steal_misses = 0;  // Rounds over all victims that found nothing.
  std::uint64_t parks = 0;         // Times a worker went to sleep.
  std::uint64_t wakes = 0;         // Times a sleeping worker was claimed because of new work.
  driver_statistics drivers;       // Summed over the workers.
};

/// A call that is to be made where tasks may be spawned. Destroyed uncalled if the scheduler ends before.
class outside_call {
 public:
  outside_call() = default;
  outside_call(const outside_call&) = delete;
  outside_call& operator=(const outside_call&) = delete;
  virtual ~outside_call() = default;
  virtual void make() = 0;
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

  virtual void arm_timer(timer& timer) = 0;
  virtual void disarm_timer(timer& timer) noexcept = 0;

  /// False if all tasks run on one thread, and only on it.
  [[nodiscard]] virtual bool concurrent() const noexcept = 0;
  /// True on the thread of a scheduler that is not concurrent, whether it runs or not.
  [[nodiscard]] virtual bool is_this_thread() const noexcept = 0;
  [[nodiscard]] virtual scheduler_statistics statistics() const = 0;

  /// A new task exists. Called before it is scheduled for the first time. Throws std::runtime_error if
  /// the scheduler has ended.
  virtual void task_spawned(task_record& task);
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
