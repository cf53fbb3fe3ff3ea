// The atomics policy of models: production code that takes a Memory runs under the checker with it.
#pragma once

#include "atomic.hpp"
#include "execution.hpp"

#include <atomic>
#include <source_location>

namespace jackdaw::model {

/// A mutex: blocks, acquires, releases.
template <class Orders>
class mutex {
  using place = std::source_location;

 public:
  mutex() : locked_(execution::current().add_location(0)) {}
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() { execution::current().end_location(locked_, place::current()); }

  void lock(place where = place::current()) noexcept {
    execution::current().modify(locked_, std::memory_order_acquire, where,
                                [](std::uint64_t) { return 1; },
                                {condition::kind::is_zero, locked_});
  }
  void unlock(place where = place::current()) noexcept {
    execution::current().store(locked_, 0, std::memory_order_release, where);
  }

 private:
  unsigned locked_;
};

/// What a thread sleeps on: an eventfd, a futex. Orders no memory: that is its user's business.
class doorbell {
  using place = std::source_location;

 public:
  doorbell() : rung_(execution::current().add_location(0)) {}
  doorbell(const doorbell&) = delete;
  doorbell& operator=(const doorbell&) = delete;
  ~doorbell() { execution::current().end_location(rung_, place::current()); }

  void ring(place where = place::current()) noexcept {
    execution::current().modify(rung_, std::memory_order_relaxed, where,
                                [](std::uint64_t) { return 1; });
  }
  /// Waits until it has been rung.
  void wait(place where = place::current()) noexcept {
    execution::current().modify(rung_, std::memory_order_relaxed, where,
                                [](std::uint64_t) { return 0; },
                                {condition::kind::is_not_zero, rung_});
  }
  /// wait(), by a thread that may sleep for ever if there is nothing to do.
  void sleep(place where = place::current()) noexcept {
    execution::current().modify(
        rung_, std::memory_order_relaxed, where, [](std::uint64_t) { return 0; },
        {.wanted = condition::kind::is_not_zero, .location = rung_, .may_be_the_end = true});
  }

 private:
  unsigned rung_;
};

template <class Orders>
struct memory_with {
  template <class T>
  using atomic = model::atomic<T, Orders>;
  using mutex = model::mutex<Orders>;

  /// A model always has several.
  static constexpr bool is_only_thread() noexcept { return false; }
  static void pause(std::source_location where = std::source_location::current()) noexcept {
    execution::current().spin(where);
  }
  static void yield(std::source_location where = std::source_location::current()) noexcept {
    execution::current().spin(where);
  }
};

using memory = memory_with<as_written>;

/// Fails where load buffering is permitted: see execution.hpp.
struct sequenced : as_written {
  static constexpr bool forbids_load_buffering = true;
};
using sequenced_memory = memory_with<sequenced>;

// -- Known-bad variants, of the same source ----------------------------------------------------------

/// Nothing is ordered.
struct all_relaxed : as_written {
  static constexpr std::memory_order order(std::memory_order) noexcept {
    return std::memory_order_relaxed;
  }
};
using relaxed_memory = memory_with<all_relaxed>;

/// Acquire and release remain; the total order of seq_cst operations is gone.
struct without_seq_cst : as_written {
  static constexpr std::memory_order order(std::memory_order written) noexcept {
    return written == std::memory_order_seq_cst ? std::memory_order_acq_rel : written;
  }
};
using unordered_memory = memory_with<without_seq_cst>;

}  // namespace jackdaw::model
