// Waiting for items and for room.
#include <jackdaw/runtime/sync/queue.hpp>

#include <mutex>

namespace jackdaw {

bool queue_base::is_shut_down() const noexcept {
  const std::lock_guard guard(lock_);
  return shut_down_;
}

std::size_t queue_base::qsize() const noexcept {
  const std::lock_guard guard(lock_);
  return size_;
}

bool queue_base::full() const noexcept {
  const std::lock_guard guard(lock_);
  return is_full();
}

void queue_base::item_put() noexcept {
  ++size_;
  ++unfinished_;
  wake_one_of(getters_);
}

void queue_base::item_taken() noexcept {
  --size_;
  wake_one_of(putters_);
}

// Waiters come and go under the items' lock, too: where there is none, the lock of the waiters need not be taken.
void queue_base::wake_one_of(wait_queue& waiters) noexcept {
  if (!waiters.empty()) {
    const auto held = waiters.lock();
    waiters.wake_one();
  }
}

void queue_base::end(bool drop_items) noexcept {
  shut_down_ = true;
  if (drop_items) {
    unfinished_ -= size_ < unfinished_ ? size_ : unfinished_;
    size_ = 0;
    if (unfinished_ == 0) {
      finished_.set();
    }
  }
  {
    const auto held = getters_.lock();
    getters_.wake_all();
  }
  const auto held = putters_.lock();
  putters_.wake_all();
}

void queue_base::task_done() {
  const std::lock_guard guard(lock_);
  if (unfinished_ == 0) {
    throw std::invalid_argument("task_done() called too many times");
  }
  if (--unfinished_ == 0) {
    finished_.set();
  }
}

task<void> queue_base::join() {
  {
    const std::lock_guard guard(lock_);
    if (unfinished_ == 0) {
      co_return;
    }
    // Those who wait since the last time have been chosen, and are not held back by this.
    finished_.clear();
  }
  co_await finished_.wait();
  // Whoever woke us may still be inside task_done(), and we may destroy the queue.
  const std::lock_guard guard(lock_);
}

// The items' lock is held until the waiter is in the queue: a change that would have ended the wait
// comes before, and is seen, or after, and finds the waiter. Order of locks: items, then waiters.
std::coroutine_handle<> queue_base::turn::await_suspend(std::coroutine_handle<> awaiting) noexcept {
  queue_base& queue = *queue_;
  std::unique_lock items(queue.lock_);
  if (!(queue.*keep_waiting_)()) {
    return awaiting;
  }
  suspended_ = true;
  return waiters_->suspend(waiters_->lock(), node_, awaiting);
}

void queue_base::turn::await_resume() {
  if (!suspended_) {
    return;
  }
  // Also the items' lock: whoever woke us may still be inside try_put(), and we may destroy the queue.
  const std::lock_guard items(queue_->lock_);
  wait_queue::guard held;
  const bool cancelled = waiters_->finish(held, node_);
  if (!cancelled) {
    return;
  }
  if (node_.woken() && (queue_->*pass_on_)()) {
    waiters_->wake_one();
  }
  held.unlock();
  throw_cancelled(node_);
}

}  // namespace jackdaw
