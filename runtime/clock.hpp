// Time as the runtime sees it: the monotonic clock, or a virtual one that jumps to the next deadline.
//
// Orders: V1 reads the virtual time (acquire), V2 sets it (release): who sees a new time sees what was
// done before it was set.
#pragma once

#include <atomic>
#include <chrono>

namespace jackdaw {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// A deadline that never comes.
inline constexpr time_point never = time_point::max();
/// A deadline that has always passed: "look, but do not wait".
inline constexpr time_point at_once = time_point::min();

/// `now + wait` without overflow: an absurdly long wait is for ever.
[[nodiscard]] constexpr time_point deadline_after(time_point now, duration wait) noexcept {
  return wait > never - now ? never : now + wait;
}

/// The seam for time. Threads: all members from any thread.
class clock {
 public:
  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  virtual ~clock() = default;
  [[nodiscard]] virtual time_point now() const noexcept = 0;
};

/// CLOCK_MONOTONIC, read at each call: a cached time makes timers late and ties common.
class steady_clock final : public clock {
 public:
  [[nodiscard]] time_point now() const noexcept override {
    return std::chrono::steady_clock::now();
  }
};

/// Stands still until somebody advances it. Starts at 0, so that traces are the same in every run.
class virtual_clock final : public clock {
 public:
  [[nodiscard]] time_point now() const noexcept override {
    return time_point(duration(now_.load(std::memory_order_acquire)));  // V1: pairs with V2.
  }

  /// Never goes back: `time` in the past changes nothing.
  void advance_to(time_point time) noexcept {
    auto seen = now_.load(std::memory_order_relaxed);  // V2's CAS validates this guess.
    const auto wanted = time.time_since_epoch().count();
    // V2
    while (seen < wanted && !now_.compare_exchange_weak(seen, wanted, std::memory_order_release,
                                                        std::memory_order_relaxed)) {
    }
  }

 private:
  std::atomic<duration::rep> now_{0};
};

}  // namespace jackdaw
