// What both schedulers have in common: the registry of tasks, time, and reports.
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <exception>
#include <utility>

namespace jackdaw {

// As a work: on a thread of the scheduler for which it was queued.
void outside_call::make_queued(work& self) {
  const std::unique_ptr<outside_call> call(&static_cast<outside_call&>(self));
  try {
    call->make();
  } catch (...) {
    current_scheduler().report(
        {"Exception in callback", {}, std::current_exception(), failure_source::handle});
  }
}

scheduler::scheduler(const clock& clock, failure_handler on_failure, unsigned registry_shards)
    : clock_(&clock),
      on_failure_(std::make_shared<const failure_handler>(std::move(on_failure))),
      tasks_(registry_shards),
      blocking_(std::make_unique<blocking_pool>()) {}

scheduler::~scheduler() = default;

worker_statistics& worker_statistics::operator+=(const worker_statistics& other) noexcept {
  resumptions += other.resumptions;
  spawns += other.spawns;
  steals += other.steals;
  steal_hits += other.steal_hits;
  steal_misses += other.steal_misses;
  parks += other.parks;
  polls += other.polls;
  wakes += other.wakes;
  wakes_suppressed += other.wakes_suppressed;
  batches += other.batches;
  forks_shown += other.forks_shown;
  frame_misses += other.frame_misses;
  drivers += other.drivers;
  return *this;
}

std::vector<worker_statistics> scheduler::statistics_by_worker() const { return {statistics()}; }

void scheduler::task_spawned(task_record& task) { tasks_.add(task); }

void scheduler::start_detached(work& seed) {
  tasks_.expect();
  schedule(seed);
}

void scheduler::task_finished(task_record& task) noexcept { tasks_.remove(task); }

void scheduler::report(const failure& failure) noexcept { report_with(on_failure_.get(), failure); }

void report_with(const failure_handler* handler, const failure& failure) noexcept {
  try {
    if (handler != nullptr && *handler) {
      (*handler)(failure);
      return;
    }
    report_to_stderr(failure);
  } catch (...) {
    report_to_stderr(
        {"Unhandled error in exception handler", failure.task_name, std::current_exception()});
  }
}

}  // namespace jackdaw
