// The word of a task: the phase of its suspension, flags, and the number of requests to end it.
//
// "One suspension, one winner" in task_record.hpp tells what the phases mean and who changes them. Here are the
// transitions that touch nothing but the word, so that a model checker can run them.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/base/memory.hpp>

#include <atomic>
#include <cstdint>

namespace jackdaw {

/// The transitions of a word that lives in a future_base, where it shares a line with what else is small.
template <class Memory = std_memory>
class basic_task_word {
 public:
  using word_type = typename Memory::template atomic<std::uint32_t>;

  static constexpr std::uint32_t phase_mask = 3;
  static constexpr std::uint32_t phase_running = 0;
  static constexpr std::uint32_t phase_waiting = 1;
  static constexpr std::uint32_t phase_woken = 2;
  static constexpr std::uint32_t phase_cancelled = 3;
  static constexpr std::uint32_t must_cancel = 4;
  static constexpr std::uint32_t hook_busy = 8;
  static constexpr std::uint32_t is_done = 16;
  static constexpr std::uint32_t has_hook = 32;
  // Above the flags: the number of requests that were not taken back. In the same word, so that a request and
  // its effect are one change.
  static constexpr std::uint32_t one_request = 64;

  static constexpr std::uint32_t requests_in(std::uint32_t word) noexcept {
    return word / one_request;
  }
  static constexpr std::uint32_t flags_in(std::uint32_t word) noexcept {
    return word % one_request;
  }
  static constexpr std::uint32_t with_phase(std::uint32_t word, std::uint32_t phase) noexcept {
    return (word & ~phase_mask) | phase;
  }

  /// `single_threaded`: only one thread ever changes this word.
  basic_task_word(word_type& word, bool single_threaded) noexcept
      : word_(&word), single_threaded_(single_threaded) {}

  bool try_change(std::uint32_t& expected, std::uint32_t desired) noexcept {
    if (single_threaded_ || Memory::is_only_thread()) {
      // All accesses are by one thread: relaxed, which is a plain load and store.
      const auto seen = word_->load(std::memory_order_relaxed);
      if (seen != expected) {
        expected = seen;
        return false;
      }
      word_->store(desired, std::memory_order_relaxed);  // As above.
      return true;
    }
    // T1: acquire and release, for every transition: see "Orders" in task_record.hpp. Seq_cst where it is N3 of
    // future_base, which costs a read-modify-write nothing.
    return word_->compare_exchange_weak(expected, desired, std::memory_order_seq_cst,
                                        std::memory_order_acquire);
  }

  /// Returns what the word was.
  std::uint32_t change(std::uint32_t clear, std::uint32_t set) noexcept {
    auto seen = word_->load(std::memory_order_relaxed);  // A guess that T1 validates.
    while (!try_change(seen, (seen & ~clear) | set)) {
    }
    return seen;
  }

  /// How arm() began a wait.
  enum class armed : std::uint8_t {
    waiting,    // Others may end it.
    cancelled,  // A cancellation was due, and has ended it.
    asks_hook,  // A cancellation is due, and the caller, as hook_busy, must tell the hook.
  };

  /// A. The hook is in place, if there is one.
  [[nodiscard, gnu::always_inline]] armed arm(bool hooked) noexcept {
    auto seen = word_->load(std::memory_order_relaxed);  // A guess that T1 validates.
    const std::uint32_t waiting = phase_waiting | (hooked ? has_hook : 0);
    JACKDAW_ASSERT((seen & 1) == 0);  // Running, or woken: see E.
    if ((seen & must_cancel) == 0 && try_change(seen, (seen & ~(phase_mask | has_hook)) | waiting))
        [[likely]] {
      return armed::waiting;
    }
    return arm_slowly(hooked);
  }

  /// W. True: the caller owes a schedule().
  [[nodiscard]] bool wake() noexcept {
    auto seen = word_->load(std::memory_order_relaxed);  // A guess that T1 validates.
    while ((seen & phase_mask) == phase_waiting) {
      if (try_change(seen, with_phase(seen, phase_woken))) {
        return true;
      }
    }
    return false;
  }

  /// E. Waits for a canceller that is inside the hook; returns what the word was.
  [[nodiscard, gnu::always_inline]] std::uint32_t end_phase(std::uint32_t flags_to_clear) noexcept {
    const auto seen = word_->load(std::memory_order_acquire);  // As T1.
    if (!single_threaded_ && (seen & (phase_mask | must_cancel | hook_busy)) == phase_woken) {
      return seen;
    }
    return end_phase_slowly(flags_to_clear);
  }

 private:
  [[gnu::noinline]] armed arm_slowly(bool hooked) noexcept {
    auto seen = word_->load(std::memory_order_relaxed);  // A guess that T1 validates.
    const std::uint32_t waiting = phase_waiting | (hooked ? has_hook : 0);
    while (true) {
      JACKDAW_ASSERT((seen & 1) == 0);  // Running, or woken: see E.
      const std::uint32_t before = seen & ~has_hook;
      if ((seen & must_cancel) == 0) {
        if (try_change(seen, with_phase(before, waiting))) {
          return armed::waiting;
        }
      } else if (!hooked) {
        if (try_change(seen, with_phase(before & ~must_cancel, phase_cancelled))) {
          return armed::cancelled;
        }
      } else if (try_change(seen, with_phase(before & ~must_cancel, waiting) | hook_busy)) {
        return armed::asks_hook;
      }
    }
  }

  [[gnu::noinline]] std::uint32_t end_phase_slowly(std::uint32_t flags_to_clear) noexcept {
    auto seen = word_->load(std::memory_order_acquire);  // As T1; and a hook's effects are seen.
    while (true) {
      if ((seen & hook_busy) != 0) {
        Memory::yield();
        seen = word_->load(std::memory_order_acquire);  // As above.
        continue;
      }
      // A cancelled wait delivers all requests made so far; others only what the caller takes.
      const auto clear =
          (seen & phase_mask) == phase_cancelled ? std::uint32_t{must_cancel} : flags_to_clear;
      if (try_change(seen, with_phase(seen & ~(clear | has_hook), phase_running))) {
        return seen;
      }
    }
  }

  word_type* word_;
  bool single_threaded_;
};

using task_word = basic_task_word<>;

}  // namespace jackdaw
