// Arming and disarming, whoever keeps the timer.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/timer.hpp>

#include <thread>

namespace jackdaw {

timer::~timer() {
  // Relaxed: whoever destroys it has disarmed it, or nobody else knows it.
  JACKDAW_ASSERT(state_.load(std::memory_order_relaxed) == state::idle);
}

void timer::arm(time_point deadline, if_due due) {
  // Relaxed, as in the destructor.
  JACKDAW_ASSERT(state_.load(std::memory_order_relaxed) == state::idle);
  scheduler& scheduler = current_scheduler();
  if_due_ = due;
  timer_access::begin(*this, scheduler, deadline);
  try {
    scheduler.arm_timer(*this);
  } catch (...) {
    timer_access::retire(*this);  // No memory, or a loop that is closed: it was never armed.
    throw;
  }
}

void timer::disarm() noexcept {
  // D1: acquire pairs with D2: what the function did is visible to whoever disarms.
  if (state_.load(std::memory_order_acquire) == state::idle) {
    return;
  }
  scheduler_->disarm_timer(*this);
  while (state_.load(std::memory_order_acquire) != state::idle) {  // D1
    std::this_thread::yield();
  }
}

void timer_access::begin(timer& timer, scheduler& scheduler, time_point deadline) noexcept {
  timer.scheduler_ = &scheduler;
  timer.deadline_ = deadline;
  // Relaxed: published by the queue's lock, or not shared at all.
  timer.state_.store(timer::state::armed, std::memory_order_relaxed);
}

void timer_access::start_firing(timer& timer) noexcept {
  // Relaxed: under the queue's lock; D2 is what others wait for.
  timer.state_.store(timer::state::firing, std::memory_order_relaxed);
}

void timer_access::fire(timer& timer) noexcept {
  timer.fire_(timer);
  retire(timer);
}

void timer_access::retire(timer& timer) noexcept {
  timer.state_.store(timer::state::idle, std::memory_order_release);  // D2: the last access.
}

}  // namespace jackdaw
