// A barrier: tasks wait for each other, again and again.
#pragma once

#include <jackdaw/runtime/sync/wait_queue.hpp>
#include <jackdaw/runtime/task.hpp>

#include <cstddef>
#include <stdexcept>

namespace jackdaw {

/// Waiting for others that will not come: the barrier was aborted or reset.
class broken_barrier_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Lets tasks go in groups of `parties`. A group that is leaving keeps the next one out.
///
/// Threads       Tasks of one runtime.
/// Source        asyncio.Barrier.
class barrier {
 public:
  explicit barrier(std::size_t parties);

  /// Waits until the group is complete; returns the index in order of arrival. The last one to arrive
  /// goes on without suspending.
  ///
  /// Errors        broken_barrier_error.
  /// Cancellation  The waiter leaves; the group needs one more.
  task<std::size_t> wait();
  /// Those who wait get broken_barrier_error; afterwards the barrier is empty and usable.
  void reset();
  /// As reset(), but the barrier stays broken.
  void abort();

  [[nodiscard]] std::size_t parties() const noexcept { return parties_; }
  /// How many wait for the group to be complete.
  [[nodiscard]] std::size_t waiting() const noexcept;
  /// asyncio's name for it.
  [[nodiscard]] std::size_t n_waiting() const noexcept { return waiting(); }
  [[nodiscard]] bool broken() const noexcept;

 private:
  enum class state { filling, draining, resetting, broken };
  class turn;

  void leave() noexcept;

  std::size_t parties_;
  mutable wait_queue waiters_;  // Its lock guards all below.
  state state_ = state::filling;
  std::size_t count_ = 0;
};

}  // namespace jackdaw
