// A driver without an outside world: sleeps on a condition variable. For programs without I/O.
#pragma once

#include <jackdaw/runtime/driver.hpp>

#include <condition_variable>
#include <mutex>

namespace jackdaw {

class thread_parker final : public driver {
 public:
  void park(time_point deadline, work_list& ready) override;
  void wake() noexcept override;

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool permit_ = false;
};

}  // namespace jackdaw
