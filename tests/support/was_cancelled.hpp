// How tests wait for a task that they cancelled.
#pragma once

#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task.hpp>

namespace jackdaw::testing {

/// Waits until the task has ended, and tells whether cancelled. Over several workers its handle alone does not
/// tell: the task may still be ending elsewhere, with references to what the test is about to destroy.
template <class T>
task<bool> was_cancelled(join_handle<T> handle) {
  bool cancelled = false;
  try {
    static_cast<void>(co_await handle);
  } catch (const cancelled_error&) {
    cancelled = true;
  }
  co_return cancelled;
}

}  // namespace jackdaw::testing
