// The unit that run queues hold: a link and a function. A spawned task is one; so is a callback.
#pragma once

#include <jackdaw/runtime/base/intrusive_queue.hpp>

namespace jackdaw {

/// Something runnable. It is in at most one queue at a time, and the queue owns `next`.
struct work {
  using run_function = void (*)(work&);

  explicit work(run_function function) noexcept : run(function) {}

  work* next = nullptr;
  /// Runs it, on a thread of its scheduler. May destroy the object; the caller does not look again.
  run_function run;
};

using work_list = intrusive_queue<work>;

}  // namespace jackdaw
