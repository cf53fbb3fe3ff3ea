// Starting, feeding and ending the workers.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/blocking_pool.hpp>
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/runtime/multi_thread/pool.hpp>
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/thread_parker.hpp>
#include <jackdaw/runtime/timer.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <span>
#include <stdexcept>
#include <utility>

namespace jackdaw {
namespace {

unsigned chosen_worker_count(unsigned wanted) {
  const unsigned count = wanted != 0 ? wanted : read_cpu_budget().workers;
  return std::min(count, idle_set::worker_count_max);
}

const clock& real_clock() {
  static const steady_clock instance;
  return instance;
}

}  // namespace

pool::pool(pool_options options)
    : scheduler(options.time_source != nullptr ? *options.time_source : real_clock(),
                std::move(options.on_failure), chosen_worker_count(options.workers) + 1),
      worker_count_(chosen_worker_count(options.workers)),
      make_driver_(std::move(options.make_driver)),
      idle_(worker_count_),
      threads_(worker_count_),
      report_long_runs_after_(options.report_long_runs_after) {
  workers_.reserve(worker_count_);
  for (unsigned index = 0; index < worker_count_; ++index) {
    workers_.push_back(std::make_unique<worker>(*this, index));
  }
}

pool::~pool() { JACKDAW_ASSERT(tasks().alive() == 0); }

std::unique_ptr<driver> pool::make_driver(unsigned index) const {
  return make_driver_ ? make_driver_(index) : std::make_unique<thread_parker>();
}

void pool::run(task_record& main) {
  // M1
  JACKDAW_ASSERT(main_.load(std::memory_order_relaxed) == nullptr);
  main_.store(&main, std::memory_order_relaxed);
  worker& own = *workers_.front();
  own.attach();
  if (report_long_runs_after_ > duration::zero()) {
    watchdog_ = std::make_unique<watchdog>(*this, report_long_runs_after_);
  }
  main.start();
  own.run_until<&pool::main_is_done>();
  // First nobody else may add to what has to end: a thread that spawns on and on would keep us for ever.
  ended_.store(true, std::memory_order_seq_cst);  // Y4: Dekker with task_spawned().
  wait_for_outsiders();
  closing_.store(true, std::memory_order_seq_cst);  // Dekker with task_spawned(): see there.
  cancel_all();
  own.run_until<&pool::all_tasks_are_done>();
  blocking().finish();  // asyncio: S161.
  wait_for_outsiders();
  stop_workers();
  wait_for_outsiders();
  run_what_is_left();
  own.detach();
}

void pool::cancel_all() {
  for (const task_reference& task : tasks().snapshot()) {
    task->request_cancel();
  }
}

void pool::stop_workers() noexcept {
  if (watchdog_ != nullptr) {
    watchdog_->stop();
  }
  std::vector<std::thread> ending;
  {
    const std::lock_guard guard(start_lock_);
    ending.swap(threads_);
    const auto started = std::count_if(ending.begin(), ending.end(),
                                       [](const std::thread& thread) { return thread.joinable(); });
    leaving_.emplace(started + 1);
  }
  stopping_.store(true, std::memory_order_seq_cst);  // Dekker with worker::attach() and sleep().
  stopping_.notify_all();
  for (unsigned index = 1; index < worker_count_; ++index) {
    workers_[index]->wake();
  }
  leaving_->arrive_and_wait();
  for (std::thread& thread : ending) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

// All other threads have ended.
void pool::run_what_is_left() {
  std::array<work*, 16> items{};
  std::size_t count = 0;
  do {
    for (const auto& each : workers_) {
      each->take_left(items, count);
    }
    count += shared_.pop(std::span(items).subspan(count), 1);
    for (work* const item : std::span(items).first(count)) {
      item->run(*item);
    }
    workers_.front()->run_until<&pool::all_tasks_are_done>();
  } while (std::exchange(count, 0) != 0);
}

void pool::schedule(work& work) noexcept {
  if (worker* const here = own_worker()) [[likely]] {
    here->push_next(work);
    return;
  }
  // From the instant it is in the queue the work may run, and end the pool: run() waits for us.
  outsiders_.fetch_add(1, std::memory_order_relaxed);  // Y1: published with the work, below.
  shared_.push(work);                                  // P1
  static_cast<void>(announce_work());
  outsiders_.fetch_sub(1, std::memory_order_release);  // Y2: the last access.
}

void pool::wait_for_outsiders() const noexcept {
  while (outsiders_.load(std::memory_order_seq_cst) != 0) {  // Y3: pairs with Y2; Y4.
    std::this_thread::yield();
  }
}

void pool::schedule_last(work& work) noexcept { worker::current()->push_last(work); }

void pool::arm_timer(timer& timer) { worker::current()->timers().arm(timer); }

void pool::disarm_timer(timer& timer) noexcept {
  static_cast<timer_queue*>(timer_access::queue(timer))->disarm(timer);
}

// Calls `entry`, which adds work from another thread, unless the pool has ended.
template <class F>
void pool::admit(F&& entry) {
  // Y4: seq_cst; either run() waits for us and then finds the task, or we find that it has ended.
  outsiders_.fetch_add(1, std::memory_order_seq_cst);
  const bool ended = ended_.load(std::memory_order_seq_cst);  // As above.
  if (!ended) {
    entry();
  }
  outsiders_.fetch_sub(1, std::memory_order_release);  // Y2
  if (ended) {
    throw std::runtime_error("This pool has ended: nothing can be started on it");
  }
}

// seq_cst: either cancel_all() finds the task in the registry, or we find the pool closing.
void pool::cancel_if_closing(task_record& task) const noexcept {
  if (closing_.load(std::memory_order_seq_cst)) {
    task.request_cancel();
  }
}

void pool::task_spawned(task_record& task) {
  if (is_this_thread()) [[likely]] {
    scheduler::task_spawned(task);
  } else {
    admit([&] { scheduler::task_spawned(task); });
  }
  cancel_if_closing(task);
}

void pool::start_detached(work& seed) {
  if (worker* const here = own_worker()) [[likely]] {
    tasks().expect();
    here->push_next(seed);
  } else {
    admit([&] {
      tasks().expect();
      shared_.push(seed);  // P1
      static_cast<void>(announce_work());
    });
  }
}

void pool::post(std::unique_ptr<outside_call> call) {
  if (worker* const here = own_worker()) {
    here->push_last(*call.release());
  } else {
    admit([&] {
      shared_.push(*call.release());  // P1
      static_cast<void>(announce_work());
    });
  }
}

void pool::task_begins(task_record& task) noexcept {
  scheduler::task_begins(task);
  cancel_if_closing(task);
}

void pool::task_finished(task_record& task) noexcept {
  const bool is_main = &task == main_.load(std::memory_order_relaxed);  // M1
  if (is_main) {
    main_done_.store(true, std::memory_order_release);  // Pairs with main_is_done().
  }
  scheduler::task_finished(task);
  bool phase_may_be_over = is_main;
  if (!phase_may_be_over && closing_.load(std::memory_order_seq_cst)) {  // As in task_spawned().
    // Two last tasks may end on two workers at once, in two shards, and neither see the other's store.
    // Acquire and release on one word make one of them the later, who sees both.
    ended_while_closing_.fetch_add(1, std::memory_order_acq_rel);
    phase_may_be_over = tasks().alive() == 0;
  }
  if (phase_may_be_over) {
    workers_.front()->wake();
  }
}

bool pool::announce_work() noexcept {
  const auto sleeper = idle_.claim_one();  // P2, P3
  if (sleeper.has_value()) {
    start_or_wake(*sleeper);  // P4
  }
  return sleeper.has_value();
}

void pool::start_or_wake(unsigned index) noexcept {
  if (worker* const here = worker::current(); here != nullptr) {
    here->wakes_claimed.add(1);
  }
  if (index != 0) {
    const std::lock_guard guard(start_lock_);
    if (threads_.empty()) {
      return;  // Stopped.
    }
    if (!threads_[index].joinable()) {
      // The signals of the process belong to the thread that called run().
      sigset_t all;
      sigset_t before;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
      threads_[index] = std::thread([this, index] { run_worker(index); });
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      return;
    }
  }
  workers_[index]->wake();
}

// The body of a worker's thread, which was started because of a claim.
void pool::run_worker(unsigned index) noexcept {
  worker& own = *workers_[index];
  bool attached = false;
  try {
    own.attach();
    attached = true;
  } catch (const std::exception& refused) {
    // Out of descriptors or memory for one more driver: the others do its work.
    report({"A worker could not be started, and the pool goes on with fewer: " +
                std::string(refused.what()),
            {},
            nullptr});
  }
  if (attached) {
    own.start_as_searcher();
    own.run_until<&pool::stopped>();
  } else {
    if (idle_.end_search()) {
      static_cast<void>(announce_work());
    }
    stopping_.wait(false);
  }
  // A worker that is still in its loop may wake this one: no driver goes before all have left.
  JACKDAW_ASSERT(leaving_.has_value());
  leaving_->arrive_and_wait();
  if (attached) {
    own.detach();
  }
}

bool pool::anything_to_steal() const noexcept {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->has_stealable_work(); });
}

bool pool::any_fork_is_shown() const noexcept {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->forks().shows_something(); });
}

std::uint64_t pool::forks_shown() const noexcept {
  std::uint64_t shown = 0;
  for (const auto& worker : workers_) {
    shown += worker->forks().sightings();
  }
  return shown;
}

bool pool::work_needs_us() const noexcept {
  return !shared_.empty() || (anything_to_steal() && !idle_.anybody_searches());
}

scheduler_statistics pool::statistics() const {
  scheduler_statistics total;
  for (const auto& worker : workers_) {
    total += worker->statistics();
  }
  total.workers = worker_count_;
  total.tasks_alive = tasks().alive();
  return total;
}

std::vector<worker_statistics> pool::statistics_by_worker() const {
  std::vector<worker_statistics> all;
  all.reserve(workers_.size());
  for (const auto& worker : workers_) {
    all.push_back(worker->statistics());
  }
  return all;
}

}  // namespace jackdaw
