// A one-byte lock for critical sections of a few instructions.
//
// Why not std::mutex
// ------------------
// It is 40 bytes, and its unlock may still touch it after another thread has got it: a waiter that is
// woken under the lock could destroy the object while the waker is still inside unlock(). Here the
// releasing store is the last access, which is what the wait queue's users rely on (a woken task may
// destroy the event it was woken from, as soon as it has had the lock once).
//
// After spins_max tries the waiter yields its time slice: with more workers than cores the holder may
// have been preempted, and spinning would only keep it from running.
#pragma once

#include <jackdaw/runtime/base/memory.hpp>

#include <atomic>

namespace jackdaw {

template <class Memory = std_memory>
class basic_spin_lock {
 public:
  void lock() noexcept {
    if (Memory::is_only_thread()) {
      // Relaxed: nobody else could hold it. Written all the same, for those that may come before unlock().
      locked_.store(true, std::memory_order_relaxed);
      return;
    }
    // L1: acquire pairs with L2; what the previous holder wrote is visible.
    while (locked_.exchange(true, std::memory_order_acquire)) {
      wait_until_free();
    }
  }

  void unlock() noexcept {
    locked_.store(false, std::memory_order_release);  // L2: last access, see the essay.
  }

  /// Returns when nobody holds it: for whoever destroys it, where no one can come to it any more.
  void wait_until_left() const noexcept {
    // L4: acquire pairs with L2; what the last holder did is over.
    while (locked_.load(std::memory_order_acquire)) {
      Memory::yield();
    }
  }

 private:
  static constexpr int spins_max = 64;

  void wait_until_free() noexcept {
    // L3: relaxed, a hint only; L1 decides.
    for (int spins = 0; locked_.load(std::memory_order_relaxed); ++spins) {
      if (spins < spins_max) {
        Memory::pause();
      } else {
        Memory::yield();
        spins = 0;
      }
    }
  }

  typename Memory::template atomic<bool> locked_{false};
};

using spin_lock = basic_spin_lock<>;

}  // namespace jackdaw
