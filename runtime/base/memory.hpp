// The atomics policy: the lock-free parts take their atomics from it, and what they wait with, so that a
// model checker can run the same source with its own (tests/model/memory.hpp).
#pragma once

#include <jackdaw/runtime/base/only_thread.hpp>
#include <jackdaw/runtime/base/pause.hpp>

#include <atomic>
#include <thread>

namespace jackdaw {

struct std_memory {
  template <class T>
  using atomic = std::atomic<T>;

  [[nodiscard]] static bool is_only_thread() noexcept { return jackdaw::is_only_thread(); }

  /// Once round in a loop that waits for another thread's store.
  static void pause() noexcept { pause_briefly(); }
  /// As pause(), but lets other threads have the processor.
  static void yield() noexcept { std::this_thread::yield(); }
};

}  // namespace jackdaw
