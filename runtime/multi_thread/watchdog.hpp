// Reports tasks that keep a worker for too long.
//
// A thread of its own looks, four times in the time that is too long, at what each worker counts and publishes
// anyway: how many works it has run, and which task's code it is in. A count that stands still under the same
// task is a task that neither awaits nor ends. So workers pay nothing for being watched; only who comes back
// from sleep looks whether the watchdog sleeps too.
//
// Nobody is woken while nothing happens
// -------------------------------------
// The watchdog sleeps when all workers do. It says so (D1), then looks once more whether anybody is awake (D2);
// a worker is awake (I4 of idle_set.hpp, or its claim, P3), then asks whether the watchdog sleeps (D3). All
// four are seq_cst: one of the two sees the other.
//
// Who it was
// ----------
// The task may end at any time, so its address is only compared: the registry finds it among the live ones
// and gives a reference, and the counts, read again, say that it is still the same run.
#pragma once

#include <jackdaw/runtime/clock.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace jackdaw {

class pool;
class task_record;

class watchdog {
 public:
  /// Reports to `watched`'s failure handler what runs for `too_long`, and again each time that the time
  /// doubles.
  watchdog(pool& watched, duration too_long);
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog();

  /// Ends the thread. Idempotent. Workers stay attached until it has returned.
  void stop() noexcept;

  /// A worker is awake. Threads: any.
  void somebody_is_awake() noexcept {
    if (asleep_.load(std::memory_order_seq_cst)) [[unlikely]] {  // D3
      end_sleep();
    }
  }

  /// One look at all workers, as if it were `now`. Threads: its own; another one's while it does not look.
  void look(time_point now);

  /// It waits for somebody to be awake. Threads: any.
  [[nodiscard]] bool asleep() const noexcept { return asleep_.load(std::memory_order_seq_cst); }  // D3
  /// How often it looked. Threads: any.
  [[nodiscard]] std::uint64_t looks() const noexcept {
    return looks_.load(std::memory_order_relaxed);  // A number.
  }

 private:
  struct sight {
    const task_record* task = nullptr;
    std::uint64_t resumptions = 0;
    time_point since{};
    duration report_after{};
  };

  void run();
  void report(unsigned worker, const sight& seen, duration took);
  void end_sleep() noexcept;
  [[nodiscard]] bool everybody_sleeps() const noexcept;

  pool* pool_;
  duration too_long_;
  std::vector<sight> sights_;  // By worker; the watchdog's own.
  std::atomic<bool> asleep_{false};
  std::atomic<std::uint64_t> looks_{0};
  std::mutex lock_;
  std::condition_variable changed_;
  bool stopping_ = false;  // Under the lock.
  std::thread thread_;
};

}  // namespace jackdaw
