// What a worker's thread runs next, in reach of what runs there.
//
// A task that wakes another, yields or awaits a task it has just spawned needs little of its scheduler: a word
// to put the next task in, and leave to go on. Both are here, so that none of it is a virtual call. A loop has
// no slot: there every hop goes through the queue, because asyncio's hops can be observed.
//
// All of it is touched by the worker's own thread alone, but for the counter, which others may read.
#pragma once

#include <jackdaw/runtime/base/counter.hpp>
#include <jackdaw/runtime/work.hpp>

#include <cstdint>

namespace jackdaw {

class scheduler;

struct run_slot {
  using turn_function = work* (*)(run_slot&, work&) noexcept;
  explicit run_slot(turn_function turn) noexcept : take_turn_(turn) {}

  /// Whose work may be put here.
  const scheduler* owner = nullptr;
  /// What the task that just ran made runnable last: it is warm, and its partner.
  work* next = nullptr;
  /// How often `next` went before the queue since that was last asked.
  unsigned next_in_a_row = 0;
  /// False if the queue is empty for certain: what yields then may go on at once.
  bool queue_may_hold_work = false;
  /// Works run, and yields that had nobody to give way to.
  counter resumptions;
  /// Frames and records that the free lists of this thread did not have: frame_allocator.cpp.
  counter frame_misses;
  /// When so many have run, the outside comes first: nothing goes on without the worker's loop.
  std::uint64_t poll_at = 0;

  /// How many steps run inside of others: run_for() of task_record.
  unsigned depth = 0;

  static constexpr unsigned next_in_a_row_max = 3;
  static constexpr unsigned depth_max = 16;

  /// True if `next`, and after it the task that runs now, may run without the worker's loop.
  [[nodiscard]] bool may_run_next() noexcept {
    if (depth >= depth_max || resumptions.get() + 1 >= poll_at) {
      return false;
    }
    if (next_in_a_row + 1 >= next_in_a_row_max) {
      if (queue_may_hold_work) {
        return false;
      }
      next_in_a_row = 0;
    }
    return true;
  }
  /// True if `next` may run where the task before it suspends. Not inside of another task's step: what that one
  /// waits for would have to wait for all that follows.
  [[nodiscard]] bool may_hand_over() noexcept {
    if (depth != 0 || resumptions.get() >= poll_at) {
      return false;
    }
    if (next_in_a_row >= next_in_a_row_max) {
      if (queue_may_hold_work) {
        return false;
      }
      next_in_a_row = 0;
    }
    return true;
  }
  /// Puts `last` behind the queue and takes what is first there; null if others took it all.
  [[nodiscard]] work* take_turn(work& last) noexcept { return take_turn_(*this, last); }
  void count_next() noexcept {
    ++next_in_a_row;
    resumptions.add(1);
  }

  /// True if nothing else is runnable here, and nothing outside must be looked at: then the task that asks
  /// counts as resumed, and goes on.
  [[nodiscard]] bool go_on() noexcept {
    if (next != nullptr || queue_may_hold_work || resumptions.get() >= poll_at) {
      return false;
    }
    resumptions.add(1);
    return true;
  }

 private:
  turn_function take_turn_;
};

}  // namespace jackdaw
