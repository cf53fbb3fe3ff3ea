// A deadline with a function, armed with the scheduler that the arming task runs on.
//
//            arm()                  the scheduler's turn            fire returned
//   idle ───────────► armed ───────────────────────────► firing ─────────────────► idle
//     ▲                 │                                   │
//     └─────────────────┘  disarm()                         └── disarm() waits for it
//
//   idle      Unknown to any scheduler. May be destroyed.
//   armed     In the queue of the worker it was armed on, whichever worker its task moves to.
//   firing    Its function runs on that worker. The object must not die, hence disarm() waits.
#pragma once

#include <jackdaw/runtime/base/intrusive_list.hpp>
#include <jackdaw/runtime/clock.hpp>

#include <atomic>
#include <cstdint>

namespace jackdaw {

class scheduler;

/// Intrusive: lives in the frame of whoever waits. Not copyable, not movable.
class timer : public list_links {
 public:
  using fire_function = void (*)(timer&) noexcept;

  explicit timer(fire_function function) noexcept : fire_(function) {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer();

  /// What a loop does with a deadline that has passed when it is armed: asyncio's call_later() goes
  /// through the heap all the same, its timeout() is then a call_soon().
  enum class if_due : std::uint8_t { waits_in_heap, runs_soon };

  /// Arms it with the current scheduler. Only while idle. In the pool O(1), without allocation.
  void arm(time_point deadline, if_due due = if_due::waits_in_heap);

  /// After it returns the function does not run and will not run. Threads: any, one at a time.
  void disarm() noexcept;

  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

 private:
  friend class timer_queue;
  friend class timer_access;

  enum class state : std::uint8_t { idle, armed, firing };

  fire_function fire_;
  time_point deadline_ = never;
  scheduler* scheduler_ = nullptr;
  // The queue's own, as the links are: which queue of the scheduler holds it, and where in it.
  void* queue_ = nullptr;
  std::uint16_t slot_ = 0;
  if_due if_due_ = if_due::waits_in_heap;
  std::atomic<state> state_{state::idle};
};

/// For schedulers alone: the fields that their queues keep in a timer.
class timer_access {
 public:
  static void set_queue(timer& timer, void* queue) noexcept { timer.queue_ = queue; }
  [[nodiscard]] static bool runs_soon_if_due(const timer& timer) noexcept {
    return timer.if_due_ == timer::if_due::runs_soon;
  }
  [[nodiscard]] static void* queue(const timer& timer) noexcept { return timer.queue_; }
  static void begin(timer& timer, scheduler& scheduler, time_point deadline) noexcept;
  /// Runs the function; the timer is idle, and may be gone, afterwards.
  static void fire(timer& timer) noexcept;
  static void retire(timer& timer) noexcept;
  static void start_firing(timer& timer) noexcept;
};

}  // namespace jackdaw
