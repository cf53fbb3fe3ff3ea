// The timers of one worker: a wheel of eleven levels with 64 slots each, down to the nanosecond.
//
// One digit per level
// -------------------
// A deadline is a number of eleven digits to the base 64, counted in nanoseconds; `base_` is another one that no
// timer still to come lies before: the time of the last look. A timer is kept at the level of the highest digit in
// which it differs from the base, in the slot of that digit. Hence
//
//   W1  all timers of a level are earlier than those of the levels above, and a level's slots are in order;
//   W2  the timers of one slot of level 0 have the same deadline. Those that are overdue when they are armed go
//       to the slot of the base, and are sorted there.
//
// Time passes by fire_due(): the first slot, if it has begun, is emptied into the levels below, until the first is
// of level 0 and due. A timer comes down at most ten times, mostly three or four, and not at all if it is
// disarmed before. When nothing more has begun, the base moves up to the time of the look: slots that begin after
// it stay where they are, for the digit in which they differ is still the same one.
// Slots are lists in order of arming and are emptied in this order: equal deadlines fire in order of arming.
//
// What a wheel does not know is its earliest deadline, when the first slot is one of a higher level. `next_` keeps
// it: exactly, until that very timer is disarmed; then it is a bound, too early, and next_deadline() looks at the
// first slot before a worker sleeps by it. A slot of more than look_max timers is not searched: its worker sleeps
// until the slot begins, and finds it spread over smaller ones then.
//
// The owner arms and fires; any thread disarms (its task may have moved). Hence the lock, which the owner nearly
// always gets without waiting. Why not a heap: docs/decisions/0012-timers.md.
#pragma once

#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/base/spin_lock.hpp>
#include <jackdaw/runtime/timer.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace jackdaw {

class timer_queue {
 public:
  /// No more timers than this are looked at to find the earliest one anew.
  static constexpr std::size_t look_max = 256;

  timer_queue() = default;
  timer_queue(const timer_queue&) = delete;
  timer_queue& operator=(const timer_queue&) = delete;
  ~timer_queue();

  /// Threads: the owner. No allocation, whatever the number of timers.
  void arm(timer& timer) noexcept;
  /// Threads: any. If the timer is firing, leaves it alone.
  void disarm(timer& timer) noexcept;

  /// Runs the functions of all timers whose deadline is not after `now`, in the order of their deadlines, equal
  /// ones in the order in which they were armed. Threads: the owner.
  void fire_due(time_point now) noexcept;

  /// The earliest deadline, or `never`: what a worker may sleep until. Never too late; too early only where other
  /// threads disarm at the same time, or where the earliest of more than look_max timers was disarmed.
  /// Threads: the owner.
  [[nodiscard]] time_point next_deadline() noexcept;

  /// No timer is due before this; `never` if there is none. Cheaper than next_deadline(), which may be later.
  /// Threads: the owner (others may see an old one).
  [[nodiscard]] time_point deadline_bound() const noexcept {
    // Q1: relaxed; the owner wrote it, or a disarming thread left it a little too early.
    return time_point(duration(next_.load(std::memory_order_relaxed)));
  }

  [[nodiscard]] std::size_t size() const noexcept;

 private:
  static constexpr unsigned digit_bits = 6;
  static constexpr unsigned slots_per_level = 1U << digit_bits;
  static constexpr unsigned level_count = (64 + digit_bits - 1) / digit_bits;

  /// A deadline as an unsigned number.
  using key = std::uint64_t;

  struct place {
    unsigned level;
    unsigned slot;
  };

  // Under lock_.
  [[nodiscard]] place place_of(key when) const noexcept;
  [[nodiscard]] bool find_first(place& first) const noexcept;
  [[nodiscard]] key start_of(place slot) const noexcept;
  [[nodiscard]] intrusive_list<timer>& list_at(place slot) noexcept {
    return slots_[slot.level * slots_per_level + slot.slot];
  }
  void insert(timer& timer) noexcept;
  void remove(timer& timer) noexcept;
  void spread(place slot) noexcept;
  [[nodiscard]] timer* take_due(time_point now) noexcept;
  void look_for_earliest() noexcept;
  void publish_next(time_point next, bool exact) noexcept;

  mutable spin_lock lock_;
  std::size_t size_ = 0;
  key base_ = 0;
  std::atomic<duration::rep> next_{never.time_since_epoch().count()};
  std::atomic<bool> next_is_exact_{true};
  // Bit n of a level: its slot n is not empty.
  std::array<std::uint64_t, level_count> occupied_{};
  std::array<intrusive_list<timer>, std::size_t{level_count} * slots_per_level> slots_;
};

}  // namespace jackdaw
