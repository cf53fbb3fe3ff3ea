// A worker: one thread, its run queue, its timers, and the driver it sleeps in.
//
// Where work comes from, in this order
// ------------------------------------
//   1. `next`       what the task that just ran made runnable last: it is warm, and its partner. Not
//                   stealable, hence capped: after next_in_a_row_max it goes behind the queue, or two
//                   tasks that wake each other would keep all others waiting for ever.
//                   (In the run_slot, where tasks put it themselves.)
//                   A task that suspends goes on with it without coming here: task_record::hand_over().
//   2. `queue_`     the stealable FIFO. A task that yields takes its turn from there in the same way.
//   3. own forks    that were shown and whose task waits; then tasks that were set aside: worker_forks.hpp.
//   4. the outside  the shared queue.
//   5. others       if anybody has something to steal: first the own driver without waiting, then half
//                   of a random victim's queue, then a fork that is worth it: fork_stack.hpp.
//   6. sleep        in the driver, until the next timer, an event, or a claim.
//
// After poll_budget_ resumptions the driver, due timers and the shared queue come first, so that neither
// a chain of wake-ups nor a task that yields in a loop starves I/O, timers or outsiders. The budget is
// at most polls_every_max; it shrinks when a round takes longer than round_time_max, and grows back. A round
// begins when its poll has returned: what the kernel takes there no budget can change. The clock is
// read early in a round, again a bit later, and at its end, and not once a resumption: a task that begins to compute
// when the worker wakes up is noticed after two slices, and in the midst of quick ones after a round at most.
//
// What the poster runs next wakes nobody: a push into `next` announces nothing, and neither does the
// only item of a queue whose owner is about to take it. Announced is what would wait behind something.
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/counter.hpp>
#include <jackdaw/runtime/base/only_thread.hpp>
#include <jackdaw/runtime/base/random.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/driver.hpp>
#include <jackdaw/runtime/multi_thread/steal_queue.hpp>
#include <jackdaw/runtime/multi_thread/timer_queue.hpp>
#include <jackdaw/runtime/multi_thread/worker_forks.hpp>
#include <jackdaw/runtime/run_slot.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/work.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

namespace jackdaw {

class pool;

class alignas(cache_line_bytes) worker : public run_slot {
 public:
  static constexpr unsigned polls_every_max = 61;
  static constexpr duration round_time_max = std::chrono::microseconds(200);

  worker(pool& pool, unsigned index);
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker();

  /// Makes this thread the worker's: its driver is made here, and ended by detach(). Between the two
  /// the thread runs work by run_until().
  void attach();
  void detach() noexcept;

  /// The thread was started because of a claim: it counts as a searcher already.
  void start_as_searcher() noexcept { searching_ = true; }

  /// Runs work until the pool says that the current phase is over.
  template <bool (pool::*Over)() const noexcept>
  void run_until();

  // --- On this worker's thread ---
  void push_next(work& item) noexcept;
  void push_last(work& item) noexcept;
  [[nodiscard]] timer_queue& timers() noexcept { return timers_; }
  /// True if it is long since the driver was asked.
  [[nodiscard]] bool round_is_over() const noexcept;
  /// There is work that somebody who sleeps might take.
  void announce_work() noexcept;
  /// Lets the loop look outside next.
  void end_round() noexcept { poll_at = round_end_ = 0; }
  void look_outside();

  /// Fills `items` from `count` on with what is queued. Once this worker's thread has ended.
  void take_left(std::span<work*> items, std::size_t& count) noexcept;

  // --- Any thread ---
  [[nodiscard]] std::size_t steal_from(std::span<work*> into) noexcept {
    return queue_.steal(into);
  }
  [[nodiscard]] bool has_stealable_work() const noexcept { return !queue_.empty(); }
  [[nodiscard]] worker_forks& forks() noexcept { return forks_; }
  void wake() noexcept;
  /// What it is in, for a watchdog. Only while it is attached, or before.
  struct glimpse {
    const task_record* task;
    std::uint64_t resumptions;
  };
  [[nodiscard]] glimpse look() const noexcept;
  [[nodiscard]] worker_statistics statistics() const noexcept;

  /// The worker whose thread this is, or null.
  [[nodiscard]] static worker* current() noexcept {
    return static_cast<worker*>(current_context().slot);
  }

 private:
  [[nodiscard]] static work* take_turn(run_slot& slot, work& last) noexcept;
  [[nodiscard]] work* take_queued() noexcept;
  [[nodiscard]] work* take_local() noexcept;
  [[nodiscard]] bool poll();
  [[nodiscard]] bool accept_outside();
  void accept_ready() noexcept;
  [[nodiscard]] bool take_shared(std::size_t count_max) noexcept;
  [[nodiscard]] bool find_elsewhere();
  [[nodiscard]] bool search() noexcept;
  [[nodiscard]] bool steal_round() noexcept;
  [[nodiscard]] bool steal_fork() noexcept;
  void run(work& item);
  void leave_forks_behind() noexcept;
  [[nodiscard]] time_point wake_up_time() noexcept;
  template <bool (pool::*Over)() const noexcept>
  void sleep();
  void end_search() noexcept;
  void begin_round() noexcept;
  [[nodiscard]] bool round_goes_on() noexcept;
  void adapt_budget() noexcept;
  void push_queue(work& item, bool announce) noexcept;
  void push_batch(std::span<work* const> items) noexcept;

  /// Nobody can steal: there is no other worker, or none has a thread yet.
  [[nodiscard]] bool is_alone() const noexcept { return only_worker_ || is_only_thread(); }

  pool* pool_;
  unsigned index_;
  bool only_worker_;
  bool searching_ = false;
  unsigned poll_budget_ = polls_every_max;
  // A round by the count of resumptions; poll_at is in between, where the clock is read next.
  std::uint64_t round_begin_ = 0;
  std::uint64_t round_end_ = 0;
  work_list ready_;
  random_generator random_;
  time_point round_began_{};
  timer_queue timers_;
  std::unique_ptr<driver> own_driver_;
  std::atomic<driver*> driver_{nullptr};
  std::atomic<const execution_context*> context_{nullptr};
  driver_counters io_counters_;
  counter steals_;
  counter steal_hits_;
  counter steal_misses_;
  counter parks_;
  counter polls_;
  counter wakes_suppressed_;
  counter batches_;
  // What had been shown in this pool when this worker slept last.
  std::uint64_t forks_seen_ = 0;
  // Large enough that crowds do not go around through the shared queue.
  steal_queue<work, 1024> queue_;
  worker_forks forks_;

 public:
  counter wakes_claimed;  // Written by the pool, on this worker's thread.
};

}  // namespace jackdaw
