// The seam between a scheduler and the outside world: a place to sleep.
//
// One driver per worker. The scheduler does not know what it waits for: a thread parker, an io_uring,
// an epoll descriptor, or a virtual world. The driver never runs anything: it hands over what became
// runnable, and the scheduler decides when and where it runs.
#pragma once

#include <jackdaw/runtime/base/counter.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/work.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace jackdaw {

/// What a driver did so far. Exact while it is parked.
struct driver_statistics {
  std::uint64_t polls = 0;         // Calls of park() that did not wait.
  std::uint64_t waits = 0;         // Calls of park() that were ready to wait.
  std::uint64_t system_calls = 0;  // All of the driver's own, wake-ups by other threads included.
  std::uint64_t submissions = 0;   // Operations handed to the kernel.
  std::uint64_t completions = 0;   // Operations it handed back.
  std::uint64_t wakes = 0;         // wake() calls that had to write.

  driver_statistics& operator+=(const driver_statistics& other) noexcept {
    polls += other.polls;
    waits += other.waits;
    system_calls += other.system_calls;
    submissions += other.submissions;
    completions += other.completions;
    wakes += other.wakes;
    return *this;
  }
};

/// The same, while it is being counted. Kept by whoever owns the driver, so that it can be read from any
/// thread at any time, also when the driver is gone.
struct driver_counters {
  counter polls;
  counter waits;
  counter system_calls;
  counter submissions;
  counter completions;
  counter wakes;  // Several writers; each is a system call as well.

  [[nodiscard]] driver_statistics snapshot() const noexcept {
    driver_statistics now;
    now.polls = polls.get();
    now.waits = waits.get();
    now.submissions = submissions.get();
    now.completions = completions.get();
    now.wakes = wakes.get();
    now.system_calls = system_calls.get() + now.wakes;
    return now;
  }
};

class driver {
 public:
  /// `family` names the kind of operations that the driver accepts, by the address of an object of
  /// the library that defines them: that library recognises its own drivers without a dynamic_cast.
  explicit driver(const void* family = nullptr) noexcept : family_(family) {}
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;
  virtual ~driver() = default;

  /// Waits until something happens, `deadline` has passed or somebody called wake(); then appends what
  /// became runnable to `ready`. Returns at once if a permit is there, or for `deadline == at_once`.
  /// May return early with nothing. Threads: the owner alone.
  virtual void park(time_point deadline, work_list& ready) = 0;

  /// Leaves a permit: the current park(), or the next one, returns. Permits do not add up.
  /// Threads: any. Everything that happened before wake() is visible after the park() that it ends.
  virtual void wake() noexcept = 0;

  /// Where it counts: its own place, unless its owner gave it another, before the first park().
  virtual void count_into(driver_counters& where) noexcept { counters_ = &where; }
  [[nodiscard]] driver_counters& counters() noexcept { return *counters_; }
  [[nodiscard]] driver_statistics statistics() const noexcept { return counters_->snapshot(); }

  [[nodiscard]] const void* family() const noexcept { return family_; }

 private:
  const void* family_;
  driver_counters own_counters_;
  driver_counters* counters_ = &own_counters_;
};

/// Makes the driver of one worker, on that worker's thread (a ring belongs to the thread that made it).
using driver_factory = std::function<std::unique_ptr<driver>(unsigned worker)>;

}  // namespace jackdaw
