// Waiting for the end of a task.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/spawn.hpp>

namespace jackdaw {

join_wait::~join_wait() {
  if (registered_ && !target_->done()) {
    target_->remove_completion(node_);
  }
}

bool join_wait::await_suspend(std::coroutine_handle<> awaiting) noexcept {
  task_record& waiter = current_task();
  waiter_ = &waiter;
  waiter.suspend_at(awaiting);
  if (target_ == &waiter) {
    // asyncio: "Task cannot await on itself", thrown one turn later.
    waiter.schedule();
    return true;
  }
  // Armed before it is registered: a target that ends meanwhile finds a waiter to wake.
  // arm() with a hook cannot fail; a cancellation that was due went to the target.
  registered_ = true;
  if (!waiter.arm(this)) {
    waiter.schedule();
    return true;
  }
  if (!target_->add_completion(node_)) {
    // Done since await_ready(): we end our own wait, unless a canceller is about to.
    waiter.wake_and_schedule();
  }
  return true;
}

void join_wait::finish() {
  if (waiter_ == nullptr) {
    return;  // Never suspended: a cancellation, if there is one, waits for a suspension.
  }
  if (target_ == waiter_) {
    throw std::runtime_error("Task cannot await on itself: " + target_->name());
  }
  if (waiter_->end_wait() == wait_end::cancelled) {
    waiter_->throw_cancelled();
  }
}

bool join_wait::pass_on(cancel_hook& self, std::string_view message) noexcept {
  return static_cast<join_wait&>(self).target_->request_cancel(message);
}

void join_wait::node::notified(completion_node& self) noexcept {
  static_cast<node&>(self).wait->waiter_->wake_and_schedule();
}

}  // namespace jackdaw
