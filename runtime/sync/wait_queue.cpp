// Suspending into the queue, and choosing from it.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/sync/wait_queue.hpp>

namespace jackdaw {

wait_queue::node::~node() {
  if (wait_queue* const in = queue(); in != nullptr) {
    // The frame is destroyed while it waits: at the end of a loop that was closed.
    guard held;
    in->take_out(held, *this);
  }
}

wait_queue::~wait_queue() {
  if (current_context().destroys_waiters) {
    while (node* const waiter = waiters_.pop_front()) {
      waiter->leave_queue();
    }
  }
}

std::coroutine_handle<> wait_queue::suspend(guard held, node& waiter,
                                            std::coroutine_handle<> awaiting) noexcept {
  task_record& task = current_task();
  waiter.task_ = &task;
  waiter.set_queue(this);
  waiters_.push_back(waiter);
  task.suspend_at(awaiting);
  const bool waits = task.arm();
  held.unlock();
  if (!waits) {
    task.schedule();  // Cancelled already; nobody but us can queue it.
  }
  return task_record::hand_over();
}

void wait_queue::take_out(guard& held, node& waiter) noexcept {
  held = lock();
  if (waiter.linked()) {  // Not if take_one() took it out.
    intrusive_list<node>::remove(waiter);
  }
  waiter.leave_queue();
}

bool wait_queue::finish(guard& held, node& waiter) noexcept {
  take_out(held, waiter);
  return waiter.task_->end_wait() == wait_end::cancelled;
}

bool wait_queue::finish_keeping_result(guard& held, node& waiter) noexcept {
  take_out(held, waiter);
  return waiter.task_->end_wait_keeping_result() == wait_end::cancelled;
}

wait_queue::node* wait_queue::take_one() noexcept {
  node* waiter = waiters_.front();
  while (waiter != nullptr && !waiter->task_->wake()) {
    waiter = waiters_.next_of(*waiter);  // Cancelled: it takes itself out.
  }
  if (waiter != nullptr) {
    intrusive_list<node>::remove(*waiter);
    waiter->set_woken();
  }
  return waiter;
}

bool wait_queue::wake_one() noexcept {
  for (node* waiter = waiters_.front(); waiter != nullptr; waiter = waiters_.next_of(*waiter)) {
    if (!waiter->woken() && waiter->task_->wake()) {
      waiter->set_woken();
      waiter->task_->schedule();
      return true;
    }
  }
  return false;
}

void wait_queue::wake_first() noexcept {
  node* const first = waiters_.front();
  if (first != nullptr && !first->woken() && first->task_->wake()) {
    first->set_woken();
    first->task_->schedule();
  }
}

std::size_t wait_queue::wake_all() noexcept {
  std::size_t count = 0;
  for (node* waiter = waiters_.front(); waiter != nullptr; waiter = waiters_.next_of(*waiter)) {
    if (!waiter->woken() && waiter->task_->wake()) {
      waiter->set_woken();
      waiter->task_->schedule();
      ++count;
    }
  }
  return count;
}

void wait_queue::release_all(guard held) noexcept {
  work_list released;
  for (node* waiter = waiters_.front(); waiter != nullptr;) {
    node* const following = waiters_.next_of(*waiter);
    if (waiter->task_->wake()) {
      intrusive_list<node>::remove(*waiter);
      waiter->leave_queue();
      waiter->set_woken();
      released.push_back(*waiter->task_);
    }
    waiter = following;
  }
  held.unlock();
  // Only now: a task that runs may destroy its node, and us.
  while (work* const task = released.pop_front()) {
    static_cast<task_record*>(task)->schedule();
  }
}

bool wait_queue::finish_released(node& waiter) noexcept {
  // Written by whoever released us, before we were scheduled.
  if (waiter.queue() == nullptr) {
    return waiter.task_->end_wait() == wait_end::cancelled;
  }
  guard held;
  return finish(held, waiter);
}

bool wait_queue::has_waiters() const noexcept {
  for (const node* waiter = waiters_.front(); waiter != nullptr;
       waiter = waiters_.next_of(*waiter)) {
    if (waiter->woken() || !waiter->task_->wait_cancelled()) {
      return true;
    }
  }
  return false;
}

void throw_cancelled(const wait_queue::node& waiter) { waiter.task()->throw_cancelled(); }

}  // namespace jackdaw
