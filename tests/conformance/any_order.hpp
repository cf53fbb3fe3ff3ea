// What cases that are free of order use instead of a loop's turns and a loop's clock.
#pragma once

#include "asyncio_run.hpp"
#include <jackdaw/runtime/this_task.hpp>

#include <chrono>

namespace jackdaw::conformance {

/// `await asyncio.sleep(0)` where it is there for the others: so that those who were spawned or woken come as
/// far as they can. One turn of the loop; a pool knows no turns, so there it lasts until nobody else can run.
/// Not in two tasks at once: each would wait for the other.
inline task<> settle() {
  if (chosen_platform().workers == 0) {
    co_await yield();
  } else {
    co_await testing::settled();
  }
}
/// The same for several turns.
inline task<> settle(int count) {
  if (chosen_platform().workers == 0) {
    co_await turns(count);
  } else {
    co_await testing::settled();
  }
}

/// The time of whatever runs this task, in whole seconds since 0.
[[nodiscard]] inline long long seconds() {
  const duration since_0 = this_task::scheduler().now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_0).count();
}

}  // namespace jackdaw::conformance
