// The timers of one worker: a 4-ary heap of (deadline, timer).
//
// Four children per node halve the depth of a binary heap and lie in one or two cache lines; deadlines
// are kept beside the pointers, so that sifting touches no timer but the two that move. A timer knows
// its index: disarming removes it at once and leaves no trace behind.
//
// The owner arms and fires; any thread disarms (its task may have moved). Hence the lock, which the
// owner nearly always gets without waiting.
#pragma once

#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/timer.hpp>

#include <atomic>
#include <cstddef>
#include <vector>

namespace jackdaw {

class timer_queue {
 public:
  timer_queue() = default;
  timer_queue(const timer_queue&) = delete;
  timer_queue& operator=(const timer_queue&) = delete;
  ~timer_queue();

  /// Threads: the owner.
  void arm(timer& timer);
  /// Threads: any. If the timer is firing, leaves it alone.
  void disarm(timer& timer) noexcept;

  /// Runs the functions of all timers whose deadline is not after `now`. Threads: the owner.
  void fire_due(time_point now) noexcept;

  /// The earliest deadline, or `never`. Threads: the owner (others may see an old one).
  [[nodiscard]] time_point next_deadline() const noexcept {
    // Q1: relaxed; the owner wrote it, or a disarming thread made it a little too early.
    return time_point(duration(next_.load(std::memory_order_relaxed)));
  }

  [[nodiscard]] std::size_t size() const noexcept;

 private:
  struct entry {
    time_point deadline;
    timer* item;
  };

  void place(std::size_t index, entry moved) noexcept;
  void sift_up(std::size_t index, entry moved) noexcept;
  void sift_down(std::size_t index, entry moved) noexcept;
  void remove_at(std::size_t index) noexcept;
  void publish_next() noexcept;

  mutable spin_lock lock_;
  std::vector<entry> heap_;
  std::atomic<duration::rep> next_{never.time_since_epoch().count()};
};

}  // namespace jackdaw
