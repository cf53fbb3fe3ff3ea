// The multi-threaded scheduler: workers that steal from each other.
//
// How it ends
// -----------
//   1. The main task is done. Other threads can spawn no more.
//   2. All other tasks are cancelled, once, and run until they are done: clean-up may await. What they
//      spawn is born cancelled.
//   3. The blocking pool finishes the calls that run, and drops the others.
//   4. Workers leave their loops; when all have, each closes its driver on its own thread, and they
//      are joined.
//   5. What they left queued, callbacks of tasks that have ended, runs here; so does what that spawns,
//      which is born cancelled.
// Nothing is destroyed that somebody still waits for; no frame is destroyed but by its own end. A task
// that refuses its cancellation therefore keeps the pool alive, as it does in asyncio.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/multi_thread/idle_set.hpp>
#include <jackdaw/runtime/multi_thread/shared_queue.hpp>
#include <jackdaw/runtime/multi_thread/watchdog.hpp>
#include <jackdaw/runtime/multi_thread/worker.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace jackdaw {

struct pool_options {
  /// 0: as many as this process may use processors.
  unsigned workers = 0;
  driver_factory make_driver;
  const clock* time_source = nullptr;
  failure_handler on_failure;
  /// Tasks that keep a worker for so long without an await are reported: watchdog.hpp. 0: nobody looks.
  duration report_long_runs_after{0};
};

class pool final : public scheduler {
 public:
  explicit pool(pool_options options);
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool() override;

  /// Runs `main` and everything it started, on this thread and others (started when there is work for
  /// them); returns when all of it has ended. Once per pool. `main` is a task of this pool that has
  /// not been started yet. Throws what the driver factory throws for this thread; `main` was not
  /// started then, and is the caller's to discard.
  void run(task_record& main);

  // --- scheduler ---
  void schedule(work& work) noexcept override;
  void schedule_last(work& work) noexcept override;
  void run_callback(work& work) noexcept override { work.run(work); }
  void post(std::unique_ptr<outside_call> call) override;
  void arm_timer(timer& timer) override;
  void disarm_timer(timer& timer) noexcept override;
  [[nodiscard]] bool concurrent() const noexcept override { return true; }
  [[nodiscard]] bool is_this_thread() const noexcept override { return own_worker() != nullptr; }
  [[nodiscard]] scheduler_statistics statistics() const override;
  [[nodiscard]] std::vector<worker_statistics> statistics_by_worker() const override;
  void task_spawned(task_record& task) override;
  void start_detached(work& seed) override;
  void task_begins(task_record& task) noexcept override;
  void task_finished(task_record& task) noexcept override;

  // --- For workers ---
  [[nodiscard]] unsigned worker_count() const noexcept { return worker_count_; }
  [[nodiscard]] worker& worker_at(unsigned index) noexcept { return *workers_[index]; }
  [[nodiscard]] idle_set& idle() noexcept { return idle_; }
  [[nodiscard]] shared_queue& shared() noexcept { return shared_; }
  [[nodiscard]] std::unique_ptr<driver> make_driver(unsigned index) const;
  /// For the watchdog. Threads: a worker's.
  void somebody_is_awake() noexcept {
    if (watchdog_ != nullptr) {
      watchdog_->somebody_is_awake();
    }
  }
  /// Null if nobody watches.
  [[nodiscard]] watchdog* watched_by() const noexcept { return watchdog_.get(); }
  /// P2 to P4 of "No lost wake-up": wakes one sleeper, if there is one and nobody searches; else false.
  [[nodiscard]] bool announce_work() noexcept;
  [[nodiscard]] bool anything_to_steal() const noexcept;
  [[nodiscard]] bool any_fork_is_shown() const noexcept;
  /// How many forks have been shown to other workers so far.
  [[nodiscard]] std::uint64_t forks_shown() const noexcept;
  /// There is work that nobody has taken yet.
  [[nodiscard]] bool anything_waits() const noexcept {
    return !shared_.empty() || anything_to_steal();
  }
  /// I2 of "No lost wake-up": there is work, and nobody who looks for it.
  [[nodiscard]] bool work_needs_us() const noexcept;

 private:
  // The worker of this pool whose thread this is, or null.
  [[nodiscard]] worker* own_worker() const noexcept {
    run_slot* const slot = current_context().slot;
    return slot != nullptr && slot->owner == this ? static_cast<worker*>(slot) : nullptr;
  }
  [[nodiscard]] bool main_is_done() const noexcept {
    return main_done_.load(std::memory_order_acquire);  // Acquire pairs with task_finished().
  }
  [[nodiscard]] bool all_tasks_are_done() const noexcept { return tasks().alive() == 0; }
  [[nodiscard]] bool stopped() const noexcept {
    return stopping_.load(std::memory_order_seq_cst);  // Seq_cst: Dekker with stop_workers().
  }
  void start_or_wake(unsigned index) noexcept;
  void run_worker(unsigned index) noexcept;
  template <class F>
  void admit(F&& entry);
  void cancel_if_closing(task_record& task) const noexcept;
  void cancel_all();
  void wait_for_outsiders() const noexcept;
  void stop_workers() noexcept;
  void run_what_is_left();

  unsigned worker_count_;
  driver_factory make_driver_;
  std::vector<std::unique_ptr<worker>> workers_;
  idle_set idle_;
  shared_queue shared_;
  // M1: relaxed; others only compare it, and main itself is started after it was set.
  std::atomic<task_record*> main_{nullptr};
  std::atomic<bool> main_done_{false};
  std::atomic<bool> closing_{false};
  std::atomic<std::uint64_t> ended_while_closing_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{false};
  // Y: calls of schedule() and task_spawned() by other threads under way: counted (Y1, Y2), and waited
  // for at the end (Y3). A spawn that sees `ended_` is refused; one that does not is waited for (Y4).
  // On a line of its own: others write it while the workers read what is above after every step.
  alignas(cache_line_bytes) std::atomic<unsigned> outsiders_{0};
  alignas(cache_line_bytes) std::mutex start_lock_;
  std::vector<std::thread> threads_;   // Under start_lock_; index 0 stays empty.
  std::optional<std::latch> leaving_;  // Set before stopping_.
  duration report_long_runs_after_;
  std::unique_ptr<watchdog>
      watchdog_;  // Made before there are other threads, and stopped while there are.
};

}  // namespace jackdaw
