// A driver for a world in which time passes only when nobody has anything to do.
//
// Time moves when all sleep
// -------------------------
// All virtual drivers of a runtime share one virtual_world. It counts who is parked. Only the worker
// that makes the count complete, with no permit left anywhere, may move the clock: to the earliest
// deadline of all parked workers, whose worker it then wakes. So an hour of sleeping takes no time,
// and no timer fires before everything that could happen earlier has happened.
#pragma once

#include <jackdaw/runtime/driver.hpp>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace jackdaw {

class virtual_driver;

/// What the virtual drivers of one runtime share.
class virtual_world {
 public:
  explicit virtual_world(virtual_clock& clock) noexcept : clock_(&clock) {}

  /// Keeps time from moving while something happens outside of the drivers' sight (a blocking call
  /// in a thread of its own). Threads: any.
  void hold() noexcept;
  void let_go() noexcept;

 private:
  friend class virtual_driver;

  void advance_if_all_sleep();

  virtual_clock* clock_;
  std::mutex lock_;
  std::vector<virtual_driver*> drivers_;
  unsigned holds_ = 0;
};

class virtual_driver final : public driver {
 public:
  explicit virtual_driver(virtual_world& world);
  virtual_driver(const virtual_driver&) = delete;
  virtual_driver& operator=(const virtual_driver&) = delete;
  ~virtual_driver() override;

  void park(time_point deadline, work_list& ready) override;
  void wake() noexcept override;

 private:
  friend class virtual_world;

  virtual_world* world_;
  std::condition_variable changed_;
  // All below: under the world's lock.
  bool parked_ = false;
  bool permit_ = false;
  time_point deadline_ = never;
};

}  // namespace jackdaw
