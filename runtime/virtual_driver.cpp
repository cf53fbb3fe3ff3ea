// The virtual world: who sleeps, and when time may move.
#include <jackdaw/runtime/virtual_driver.hpp>

#include <algorithm>

namespace jackdaw {

void virtual_world::hold() noexcept {
  const std::lock_guard guard(lock_);
  ++holds_;
}

void virtual_world::let_go() noexcept {
  const std::lock_guard guard(lock_);
  --holds_;
  advance_if_all_sleep();
}

// Under the lock.
void virtual_world::advance_if_all_sleep() {
  if (holds_ > 0 || drivers_.empty()) {
    return;
  }
  virtual_driver* earliest = nullptr;
  for (virtual_driver* const driver : drivers_) {
    if (!driver->parked_ || driver->permit_) {
      return;
    }
    if (earliest == nullptr || driver->deadline_ < earliest->deadline_) {
      earliest = driver;
    }
  }
  if (earliest->deadline_ == never) {
    return;
  }
  clock_->advance_to(earliest->deadline_);
  earliest->permit_ = true;
  earliest->changed_.notify_one();
}

virtual_driver::virtual_driver(virtual_world& world) : world_(&world) {
  const std::lock_guard guard(world_->lock_);
  world_->drivers_.push_back(this);
}

virtual_driver::~virtual_driver() {
  const std::lock_guard guard(world_->lock_);
  std::erase(world_->drivers_, this);
  // The others may all be asleep, and have been waiting for this one alone.
  world_->advance_if_all_sleep();
}

void virtual_driver::park(time_point deadline, work_list& /*ready*/) {
  std::unique_lock guard(world_->lock_);
  if (deadline <= world_->clock_->now()) {
    counters().polls.add();
    permit_ = false;
    return;
  }
  counters().waits.add();
  parked_ = true;
  deadline_ = deadline;
  world_->advance_if_all_sleep();
  changed_.wait(guard, [this] { return permit_; });
  parked_ = false;
  permit_ = false;
}

void virtual_driver::wake() noexcept {
  const std::lock_guard guard(world_->lock_);
  permit_ = true;
  if (parked_) {
    counters().wakes.add_shared();
    changed_.notify_one();
  }
}

}  // namespace jackdaw
