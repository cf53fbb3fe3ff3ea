// Waits that a timer ends.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/sleep.hpp>

#include <stdexcept>

namespace jackdaw {

std::coroutine_handle<> yield::await_suspend(std::coroutine_handle<> awaiting) noexcept {
  task_record& task = current_task();
  task.suspend_at(awaiting);
  return task.give_way();
}

void yield::throw_cancelled(task_record& task) {
  if (task.take_cancellation()) {
    task.throw_cancelled();
  }
}

std::coroutine_handle<> sleep_until::await_suspend(std::coroutine_handle<> awaiting) {
  task_record& task = current_task();
  task_ = &task;
  task.suspend_at(awaiting);
  // The timer fires on this thread, later: nobody can end the wait between these two lines.
  wake_up_.arm(deadline_);
  if (!task.arm()) {
    task.schedule();
  }
  return task_record::hand_over();
}

void sleep_until::await_resume() {
  wake_up_.disarm();
  if (task_->end_wait() == wait_end::cancelled) {
    task_->throw_cancelled();
  }
}

void sleep_until::alarm::ring(timer& self) noexcept {
  static_cast<alarm&>(self).sleeper->task_->wake_and_schedule();
}

sleep::sleep(duration wait)
    : only_yield_(wait <= duration::zero()),
      until_(only_yield_ ? at_once : deadline_after(current_scheduler().now(), wait)) {}

std::coroutine_handle<> sleep::await_suspend(std::coroutine_handle<> awaiting) {
  if (only_yield_) {
    return yield{}.await_suspend(awaiting);
  }
  return until_.await_suspend(awaiting);
}

void sleep::await_resume() {
  if (only_yield_) {
    yield{}.await_resume();
  } else {
    until_.await_resume();
  }
}

interval::interval(duration period) : period_(period), next_(current_scheduler().now() + period) {
  if (period <= duration::zero()) {
    throw std::invalid_argument("interval: the period must be positive");
  }
}

void interval::advance() noexcept {
  const time_point now = current_scheduler().now();
  next_ += period_;
  if (next_ <= now) {
    next_ += (now - next_) / period_ * period_ + period_;
  }
}

next_tick::next_tick(interval& ticks) noexcept : ticks_(&ticks), until_(ticks.next_) {}

void next_tick::await_resume() {
  until_.await_resume();
  ticks_->advance();  // Only now: a cancelled wait has lost no tick.
}

}  // namespace jackdaw
