// The atomics policy: the lock-free parts take their atomics from it, so that a model checker can run
// the same source with atomics of its own.
#pragma once

#include <atomic>

namespace jackdaw {

struct std_memory {
  template <class T>
  using atomic = std::atomic<T>;
};

}  // namespace jackdaw
