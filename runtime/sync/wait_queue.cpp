// Suspending into the queue, and choosing from it.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/sync/wait_queue.hpp>

namespace jackdaw {

wait_queue::node::~node() {
  if (queue_ != nullptr) {
    // The frame is destroyed while it waits: at the end of a loop that was closed.
    const guard held = queue_->lock();
    intrusive_list<node>::remove(*this);
  }
}

wait_queue::~wait_queue() {
  if (current_context().destroys_waiters) {
    while (node* const waiter = waiters_.pop_front()) {
      waiter->queue_ = nullptr;
    }
  }
}

void wait_queue::suspend(guard held, node& waiter, std::coroutine_handle<> awaiting) noexcept {
  task_record& task = current_task();
  waiter.task_ = &task;
  waiter.queue_ = this;
  waiter.woken_ = false;
  waiters_.push_back(waiter);
  task.suspend_at(awaiting);
  const bool waits = task.arm();
  held.unlock();
  if (!waits) {
    task.schedule();  // Cancelled already; nobody but us can queue it.
  }
}

bool wait_queue::finish(guard& held, node& waiter) noexcept {
  held = lock();
  intrusive_list<node>::remove(waiter);
  waiter.queue_ = nullptr;
  return waiter.task_->end_wait() == wait_end::cancelled;
}

bool wait_queue::wake_one() noexcept {
  for (node* waiter = waiters_.front(); waiter != nullptr; waiter = waiters_.next_of(*waiter)) {
    if (!waiter->woken_ && waiter->task_->wake()) {
      waiter->woken_ = true;
      waiter->task_->schedule();
      return true;
    }
  }
  return false;
}

void wait_queue::wake_first() noexcept {
  node* const first = waiters_.front();
  if (first != nullptr && !first->woken_ && first->task_->wake()) {
    first->woken_ = true;
    first->task_->schedule();
  }
}

std::size_t wait_queue::wake_all() noexcept {
  std::size_t count = 0;
  for (node* waiter = waiters_.front(); waiter != nullptr; waiter = waiters_.next_of(*waiter)) {
    if (!waiter->woken_ && waiter->task_->wake()) {
      waiter->woken_ = true;
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
      waiter->queue_ = nullptr;
      waiter->woken_ = true;
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
  if (waiter.queue_ == nullptr) {
    return waiter.task_->end_wait() == wait_end::cancelled;
  }
  guard held;
  return finish(held, waiter);
}

bool wait_queue::has_waiters() const noexcept {
  for (const node* waiter = waiters_.front(); waiter != nullptr;
       waiter = waiters_.next_of(*waiter)) {
    if (waiter->woken_ || !waiter->task_->wait_cancelled()) {
      return true;
    }
  }
  return false;
}

void throw_cancelled(const wait_queue::node& waiter) { waiter.task()->throw_cancelled(); }

}  // namespace jackdaw
