// Sleeping and waking without a descriptor.
#include <jackdaw/runtime/thread_parker.hpp>

namespace jackdaw {

void thread_parker::park(time_point deadline, work_list& /*ready*/) {
  std::unique_lock guard(lock_);
  if (deadline == at_once) {
    counters().polls.add();
  } else {
    counters().waits.add();
    const auto permitted = [this] { return permit_; };
    if (deadline == never) {
      changed_.wait(guard, permitted);
    } else {
      changed_.wait_until(guard, deadline, permitted);
    }
  }
  permit_ = false;
}

void thread_parker::wake() noexcept {
  {
    const std::lock_guard guard(lock_);
    if (permit_) {
      return;
    }
    permit_ = true;
    counters().wakes.add_shared();
  }
  changed_.notify_one();
}

}  // namespace jackdaw
