// A driver without an outside world: sleeps on a condition variable. For programs without I/O.
//
// T1: the permit is read relaxed without the lock by a look that does not wait: what comes after the look is
// there for the next one. Under the lock it is written and taken.
#pragma once

#include <jackdaw/runtime/driver.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace jackdaw {

class thread_parker final : public driver {
 public:
  void park(time_point deadline, work_list& ready) override;
  void wake() noexcept override;

  /// True if there was a permit. Under the lock, so that a waker before us is seen, and one after us sees
  /// what we did before. Threads: the owner.
  [[nodiscard]] bool take_permit() noexcept;

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::atomic<bool> permit_{false};  // T1
};

}  // namespace jackdaw
