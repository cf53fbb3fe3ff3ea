// A latch: a counter that tasks wait for to reach zero, once.
#pragma once

#include <jackdaw/runtime/sync/event.hpp>

#include <cstddef>
#include <stdexcept>

namespace jackdaw {

/// Threads       As event. Source: std::latch.
class latch {
 public:
  explicit latch(std::size_t expected) : left_(expected) {
    if (expected == 0) {
      reached_.set();
    }
  }

  /// Throws std::logic_error below zero. Must not touch the latch afterwards if it was the last one:
  /// a waiter may destroy it.
  void count_down(std::size_t count = 1);
  [[nodiscard]] bool try_wait() const noexcept { return reached_.is_set(); }
  /// Suspends until the counter is zero. Cancellation loses nothing.
  event::wait_awaiter wait() noexcept { return reached_.wait(); }

 private:
  spin_lock lock_;
  std::size_t left_;
  event reached_;
};

}  // namespace jackdaw
