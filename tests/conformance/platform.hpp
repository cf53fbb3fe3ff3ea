// What the twins run on: asyncio's loop with one of several drivers, or a pool. Chosen once, by the
// program, before it forks the process in which a twin runs.
#pragma once

#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/driver.hpp>
#include <jackdaw/runtime/virtual_driver.hpp>

#include <memory>
#include <optional>

namespace jackdaw::conformance {

struct platform {
  /// Of a pool in virtual time; 0: asyncio's loop.
  unsigned workers = 0;
  /// Of the loop; nothing: drivers that know no I/O.
  std::optional<io::backend> backend = {};
};

/// The platform of this process.
[[nodiscard]] platform& chosen_platform() noexcept;

/// A clock that jumps when nothing is runnable, and what moves it.
struct jumping_time {
  virtual_clock clock;
  virtual_world world{clock};
};

/// The drivers of one loop of the chosen platform, on a clock that jumps, which they keep alive.
[[nodiscard]] driver_factory virtual_time_drivers(std::shared_ptr<jumping_time> time);
/// The same, of io in any case: epoll, if the platform has no driver that knows I/O.
[[nodiscard]] driver_factory virtual_time_drivers_with_io(std::shared_ptr<jumping_time> time);
/// The same on the real clock. Empty: the loop's own.
[[nodiscard]] driver_factory real_time_drivers();

}  // namespace jackdaw::conformance
