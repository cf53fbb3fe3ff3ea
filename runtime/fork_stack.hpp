// The forks of one worker: work that may run at the same time as what the worker does now, and that it
// will do itself, newest first, if nobody else does.
//
// A stack that thieves cannot see, and a window that they can
// -----------------------------------------------------------
// A fork costs nanoseconds only if the usual case, in which nobody steals it, needs no atomic operation. So
// the forks lie in a list of the worker's own, linked through the forks themselves: no bounds, no allocation.
// Only the oldest of them, which stands for the most work, is shown to the others: in the window, one word.
//
//     newest                                  oldest
//     top_ -> fork -> fork -> ... -> fork      window_          owner: F1 show, F2 take back
//             `---- owner only ----------'      | fork |        thief: F3 take
//
//   F1  window_ := fork (seq_cst)               owner, when it forks and the window is empty
//   F2  window_: fork -> null, CAS (relaxed)    owner, when it comes to that fork and the list is empty
//   F3  window_: fork -> null, CAS (acquire)    thief
//   F4  sightings_ (relaxed)                    how many were shown: a hint, see below
//   F5  window_, a look (seq_cst)               who goes to sleep
//
// Claim: a fork is run once. It is in the list or in the window, never in both; only the owner moves it from
//   one to the other, and out of the window a compare-and-swap from its own address gives it to one taker. A
//   thief whose word was read before the fork was taken back and another object was shown at the same address
//   takes that one, which is as good: the address is not followed before the exchange succeeded. ∎
// Claim: the thief sees what the forker wrote. F3 reads F1, which releases it, or fails. ∎ That F1 is more than a
//   release is for whoever goes to sleep: F1 is P1 of "No lost wake-up" in idle_set.hpp, F5 its I2. F2 needs no order: success means that
//   nobody else saw the fork, failure that it is somebody else's, who is met at the join.
// Claim: while the worker has forks, others find one, except between a theft and its next fork. ∎ (F1)
//
// What comes and goes in the window within a microsecond is left alone by thieves (sightings()): it is a part of
// a tree of tiny forks, and to carry it elsewhere costs more than it is.
//
// Rejected: a Chase-Lev deque, whose owner pays for a store-load fence or a locked instruction per fork;
// membarrier() in the thief instead, an interrupt of all cores. Measured: docs/decisions/0015-fork-join.md.
// Source: private deques and lazy promotion (Acar, Charguéraud, Rainey: "Scheduling parallel programs by work
// stealing with private deques", PPoPP 2013).
#pragma once

#include <jackdaw/runtime/base/cache_line.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/base/memory.hpp>
#include <jackdaw/runtime/work.hpp>

#include <atomic>
#include <cstdint>
#include <semaphore>

namespace jackdaw {

class fork_group;
class task_record;

/// Something that was forked. Its `run` is for whoever takes it: it does the whole of it, on his thread.
struct fork : work {
  fork(run_function function, fork_group* of) noexcept : work(function), group(of) {}

  // The older neighbour is `next`, which belongs to the list it is in. Both the owner's.
  fork* newer = nullptr;
  /// With whom it is joined; null for a callable, which waits on its own stack.
  fork_group* group;
};

/// What a fork_stack asks of its worker. All rare.
class fork_host {
 public:
  /// A fork was put into the empty window.
  virtual void fork_shown() noexcept = 0;
  /// The one in the window was taken back: nobody had come for it.
  virtual void fork_taken_back() noexcept = 0;
  /// A round of forks is over: true if it is time to look after others.
  virtual bool forks_should_yield() noexcept = 0;
  /// Sets the running task aside, with its forks, until others had their turn.
  virtual void set_aside(task_record& task) noexcept = 0;
  /// Collects what the outside world made runnable, for other workers to take.
  virtual void serve_outside() noexcept = 0;

 protected:
  ~fork_host() = default;
};

template <class Memory = std_memory>
class basic_fork_stack {
 public:
  /// Forks between two looks at the clock.
  static constexpr std::uint32_t round = 512;

  /// `others`: there are workers that could take something.
  basic_fork_stack(fork_host& host, bool others) noexcept : host_(&host) {
    if (!others) {
      window_.store(&bottom_, std::memory_order_relaxed);  // F0: before anybody else knows of it.
    }
  }
  basic_fork_stack(const basic_fork_stack&) = delete;
  basic_fork_stack& operator=(const basic_fork_stack&) = delete;

  // --- The owner ---

  void push(fork& item) noexcept {
    item.next = top_;
    top_->newer = &item;
    top_ = &item;
    // F0: relaxed; only this thread makes it non-null, and what it writes next is a release.
    if (window_.load(std::memory_order_relaxed) == nullptr) [[unlikely]] {
      show_oldest();
    }
  }

  /// The newest fork that is not shown; one without a group and of no use if there is none.
  [[nodiscard]] fork& top() const noexcept { return *top_; }
  void pop() noexcept { top_ = static_cast<fork*>(top_->next); }
  [[nodiscard]] bool empty() const noexcept { return top_ == &bottom_; }

  /// Takes `item` out of the list, wherever it is in it. False if it is not there. Cost: the forks above it.
  [[nodiscard]] bool remove(const fork& item) noexcept {
    fork* above = nullptr;
    for (fork* each = top_; each != &bottom_; each = static_cast<fork*>(each->next)) {
      if (each == &item) {
        auto* const below = static_cast<fork*>(each->next);
        if (above == nullptr) {
          top_ = below;
        } else {
          above->next = below;
          below->newer = above;
        }
        return true;
      }
      above = each;
    }
    return false;
  }

  /// True if `item` was shown and nobody has taken it: it is the caller's again.
  [[nodiscard]] bool take_back(fork& item) noexcept {
    fork* expected = &item;
    if (!window_.compare_exchange_strong(expected, nullptr, std::memory_order_relaxed)) {  // F2
      return false;
    }
    host_->fork_taken_back();
    return true;
  }
  /// What is shown: to be compared, not followed.
  [[nodiscard]] const fork* shown() const noexcept {
    return window_.load(std::memory_order_relaxed);  // F0
  }

  /// True once in `round` calls.
  [[nodiscard]] bool tick() noexcept {
    if (--ticks_ != 0) [[likely]] {
      return false;
    }
    ticks_ = round;
    return true;
  }
  [[nodiscard]] fork_host& host() const noexcept { return *host_; }

  /// Where a worker that waits for a thief sleeps: fork_call.hpp.
  [[nodiscard]] std::binary_semaphore& semaphore() noexcept { return semaphore_; }

  // --- Anybody ---

  /// Changes with each fork that is shown: an idle worker takes what it has seen twice.
  [[nodiscard]] std::uint32_t sightings() const noexcept {
    return sightings_.load(std::memory_order_relaxed);  // F4: a hint.
  }
  [[nodiscard]] bool shows_something() const noexcept {
    const fork* const seen = window_.load(std::memory_order_seq_cst);  // F5
    return seen != nullptr && seen != &bottom_;
  }
  /// Takes what is shown, or returns null.
  [[nodiscard]] fork* take() noexcept {
    fork* seen = window_.load(std::memory_order_relaxed);  // A guess that F3 validates.
    if (seen == nullptr || seen == &bottom_ ||
        !window_.compare_exchange_strong(seen, nullptr, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {  // F3
      return nullptr;
    }
    return seen;
  }

 private:
  JACKDAW_RARELY_CALLED void show_oldest() noexcept {
    fork* const oldest = bottom_.newer;
    if (oldest == top_) {
      top_ = &bottom_;
    } else {
      bottom_.newer = oldest->newer;
      oldest->newer->next = &bottom_;
    }
    const std::uint32_t sightings = sightings_.load(std::memory_order_relaxed);  // The owner's.
    sightings_.store(sightings + 1, std::memory_order_relaxed);                  // F4
    window_.store(oldest, std::memory_order_seq_cst);                            // F1
    host_->fork_shown();
  }

  fork bottom_{nullptr, nullptr};
  fork* top_ = &bottom_;
  std::uint32_t ticks_ = round;
  fork_host* host_;
  std::binary_semaphore semaphore_{0};
  // Thieves look at it again and again; the owner writes it when he shows something, which is rare.
  alignas(cache_line_bytes) typename Memory::template atomic<fork*> window_{nullptr};
  typename Memory::template atomic<std::uint32_t> sightings_{0};
};

using fork_stack = basic_fork_stack<>;

}  // namespace jackdaw
