// Atomic operations that nobody can race with need not be atomic: while the process has one thread.
//
// Why asyncio mode needs this
// ---------------------------
// References, small locks and numbers are shared with other threads only where there are some: asyncio mode
// has none until somebody uses to_thread(), resolves a name or starts a thread himself. A locked instruction
// costs as much as ten to twenty others, and the life of a task has a dozen of them.
// That a scheduler is single-threaded does not suffice: handles of its tasks may be held, and used to cancel
// them, by other threads.
//
// Why it is right
// ---------------
// The C library's flag is true from the start, and false for ever once a thread is created, before that
// thread runs. Creating it orders all that was done before without locks before all that it does. No
// operation is under way then, since it is this thread that creates it. libstdc++'s std::shared_ptr relies
// on the same.
#pragma once

#include <atomic>

namespace jackdaw {

/// The C library's flag; not zero while there is one thread. Where the library has none: zero.
extern const char* const only_thread_flag;

/// True while no second thread has been created in this process.
[[nodiscard]] inline bool is_only_thread() noexcept { return *only_thread_flag != 0; }

/// counter.fetch_add(change, order), without a locked instruction in the only thread.
template <class T>
T fetch_add(std::atomic<T>& counter, T change, std::memory_order order) noexcept {
  if (is_only_thread()) {
    // Relaxed: there is nobody to be in order with.
    const T before = counter.load(std::memory_order_relaxed);
    counter.store(static_cast<T>(before + change), std::memory_order_relaxed);  // As above.
    return before;
  }
  return counter.fetch_add(change, order);
}

}  // namespace jackdaw
