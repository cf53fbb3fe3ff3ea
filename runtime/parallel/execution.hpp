// How the threads of the arena work off one call: in slices, between which they offer their core.
//
// Who runs where, and who gives way
// ---------------------------------
// All calls of a runtime share one arena, with as many places as the runtime has cores: the workers of its
// pool, or, of a loop, the processors that this process may use. Its threads are not workers, so no driver
// waits for the end of somebody's loop. But beside busy workers there are more threads than cores, and the
// kernel lets an arena thread use up its time slice, some milliseconds, while a worker whose ring has just
// become ready waits for the core. So an arena thread offers its core (sched_yield) after each slice of
// work: a worker that can run gets it, and if there is none, the thread goes on at once.
// Whoever yields to a thread that computes without end is away for a whole time slice of the kernel's, and
// would get a few percent of the core if it yielded every slice_time. So it then keeps the core as long as it
// was away, up to core_kept_max: parallel work has a share of each core, and a worker loses it for no longer
// than that. Why this and not fewer places, priorities or a count of busy workers: docs/decisions/0011.
#pragma once

#include <jackdaw/runtime/base/function_ref.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>

namespace jackdaw::parallel {

/// A thread of the arena works about so long before it offers its core.
inline constexpr duration slice_time = std::chrono::microseconds(100);
/// It keeps the core at most so long after others have used it.
inline constexpr duration core_kept_max = std::chrono::milliseconds(1);

/// How many cores parallel work may use, beside and together with the tasks of `home`.
[[nodiscard]] unsigned cores_of(scheduler& home);

/// What the threads that work off one call have in common.
class execution {
 public:
  /// Thrown where a cancelled call cannot go on; the awaiting task gets cancelled_error.
  struct stopped {};

  explicit execution(const std::atomic<bool>& cancelled) noexcept : cancelled_(&cancelled) {}
  execution(const execution&) = delete;
  execution& operator=(const execution&) = delete;

  /// Offers the core, if it has been kept for long enough. True: the call is cancelled, and what is not done
  /// yet need not be done.
  [[nodiscard]] bool give_way() const noexcept;
  [[nodiscard]] bool cancelled() const noexcept {
    return cancelled_->load(std::memory_order_relaxed);  // C1
  }

  /// How many elements the last slice had, with which the next chunk begins.
  // S1: relaxed; a guess, which only the length of a slice depends on.
  std::atomic<std::size_t> slice_elements{1};

 private:
  // C1: relaxed; work that goes on a little longer does no harm.
  const std::atomic<bool>* cancelled_;
};

/// Calls `work` in the arena of `cores`. Returns, or throws what it threw, when it is done.
void execute(unsigned cores, function_ref<void()> work);

/// A slice of chunk `chunk`: the elements from `begin` to `end`.
using chunk_body = function_ref<void(std::size_t chunk, std::size_t begin, std::size_t end)>;

/// Cuts `count` elements into chunks of `grain` and calls `body` for the slices of each: those of a chunk one
/// after the other, chunks at once and in any order. Inside of execute(). Throws the first exception, or
/// execution::stopped if the call is cancelled.
void for_each_chunk(execution& in, std::size_t count, std::size_t grain, chunk_body body);

/// Calls both, perhaps at once; throws the first exception. Inside of execute().
void fork(function_ref<void()> first, function_ref<void()> second);

}  // namespace jackdaw::parallel
