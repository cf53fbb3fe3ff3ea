// Sleeping and waking without a descriptor.
#include <jackdaw/runtime/thread_parker.hpp>

namespace jackdaw {

void thread_parker::park(time_point deadline, work_list& /*ready*/) {
  if (deadline == at_once) {
    counters().polls.add();
    if (permit_.load(std::memory_order_relaxed)) {  // T1
      static_cast<void>(take_permit());
    }
    return;
  }
  counters().waits.add();
  std::unique_lock guard(lock_);
  const auto permitted = [this] { return permit_.load(std::memory_order_relaxed); };  // T1
  if (deadline == never) {
    changed_.wait(guard, permitted);
  } else {
    changed_.wait_until(guard, deadline, permitted);
  }
  permit_.store(false, std::memory_order_relaxed);  // T1
}

bool thread_parker::take_permit() noexcept {
  const std::lock_guard guard(lock_);
  const bool was_there = permit_.load(std::memory_order_relaxed);  // T1
  permit_.store(false, std::memory_order_relaxed);                 // T1
  return was_there;
}

void thread_parker::wake() noexcept {
  {
    const std::lock_guard guard(lock_);
    if (permit_.load(std::memory_order_relaxed)) {  // T1
      return;
    }
    permit_.store(true, std::memory_order_relaxed);  // T1
    counters().wakes.add_shared();
  }
  changed_.notify_one();
}

}  // namespace jackdaw
