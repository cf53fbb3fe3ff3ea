// The two words in which who forked meets who ran the fork: whoever comes second goes on.
//
// Coroutines: fork_group.hpp. Branches end on any worker while T, which forked them, runs what is left to it.
//
//   J1  ended_ += 1        (acq_rel)   at the end of a branch
//   J2  ended_ -= running  (acq_rel)   T, once: there is nothing left that it could run itself; it is armed
//
// Claim: exactly one of them finds zero, and it continues T; all others touch the word no more. It is the number
//   of ended branches until J2, and minus the number of running ones from then on; it is zero after J2 if all
//   have ended before, else after the last J1. ∎ Both orders are acquire and release on one word, so that
//   whoever continues T sees what all the branches wrote. A load (J3) that finds all of them ended spares J2.
//
// Plain calls: fork_call.hpp. The forker waits on its own stack, in the end on a semaphore.
//
//   W1  word_: 0 -> address of the forker's semaphore, CAS (acq_rel)   forker, before it sleeps
//   W2  word_ := done, exchange (acq_rel)                              thief, its last access to the fork
//
// Claim: no wake-up is lost, and the fork is not touched after it is gone. Either W1 comes first, and W2 returns
//   the semaphore, which belongs to the worker and outlives the fork; or W2 comes first, and W1 fails. ∎
//
// tests/model/fork_joins_test.cpp runs all executions of both.
#pragma once

#include <jackdaw/runtime/base/memory.hpp>

#include <atomic>
#include <cstdint>

namespace jackdaw {

template <class Memory = std_memory>
class basic_join_counter {
 public:
  /// A branch has ended. True: it was the last one, and T waits: the caller continues it. Else its last access.
  [[nodiscard]] bool count_end() noexcept {
    return ended_.fetch_add(1, std::memory_order_acq_rel) == -1;  // J1
  }

  // --- T ---
  /// True if `running` branches, which is all, have ended.
  [[nodiscard]] bool have_ended(std::int32_t running) const noexcept {
    return ended_.load(std::memory_order_acquire) == running;  // J3
  }
  /// T is armed and waits for `running` branches. True: all have ended, and T goes on by itself.
  [[nodiscard]] bool wait_for(std::int32_t running) noexcept {
    return ended_.fetch_sub(running, std::memory_order_acq_rel) == running;  // J2
  }

 private:
  typename Memory::template atomic<std::int32_t> ended_{0};
};

template <class Memory = std_memory>
class basic_thief_word {
 public:
  /// By the thief, as the last access. The address of the semaphore on which the forker sleeps, or 0.
  [[nodiscard]] std::uintptr_t end() noexcept {
    return word_.exchange(done, std::memory_order_acq_rel);  // W2
  }

  // --- The forker ---
  [[nodiscard]] bool has_ended() const noexcept {
    return word_.load(std::memory_order_acquire) == done;  // W2
  }
  /// It will sleep on the semaphore at `address`, which the thief rings. False: the thief has ended.
  [[nodiscard]] bool sleep_on(std::uintptr_t address) noexcept {
    std::uintptr_t expected = 0;
    return word_.compare_exchange_strong(expected, address, std::memory_order_acq_rel);  // W1
  }

 private:
  static constexpr std::uintptr_t done = 1;

  typename Memory::template atomic<std::uintptr_t> word_{0};
};

using join_counter = basic_join_counter<>;
using thief_word = basic_thief_word<>;

}  // namespace jackdaw
