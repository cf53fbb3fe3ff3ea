// The atomics policy: the lock-free parts take their atomics from it, and what they wait with, so that a
// model checker can run the same source with its own (tests/model/memory.hpp).
#pragma once

#include <jackdaw/runtime/base/only_thread.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace jackdaw {

struct std_memory {
  template <class T>
  using atomic = std::atomic<T>;
  using mutex = std::mutex;

  [[nodiscard]] static bool is_only_thread() noexcept { return jackdaw::is_only_thread(); }

  /// Once round in a loop that waits for another thread's store: tells the processor that this is a spin,
  /// so that it gives the other hyperthread way.
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  /// As pause(), but lets other threads have the processor.
  static void yield() noexcept { std::this_thread::yield(); }
};

}  // namespace jackdaw
