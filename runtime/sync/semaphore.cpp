// Acquiring and releasing permits.
#include <jackdaw/runtime/sync/semaphore.hpp>

#include <stdexcept>

namespace jackdaw {

bool semaphore::reserve_for_next() noexcept {
  if (!waiters_.wake_one()) {
    return false;
  }
  --permits_;
  return true;
}

bool semaphore::try_acquire() noexcept {
  const auto held = waiters_.lock();
  if (would_wait()) {
    return false;
  }
  --permits_;
  return true;
}

bool semaphore::release_within_bound() noexcept {
  const auto held = waiters_.lock();
  if (permits_ >= bound_) {
    return false;
  }
  ++permits_;
  reserve_for_next();
  return true;
}

void bounded_semaphore::release() {
  if (!release_within_bound()) {
    throw std::invalid_argument("BoundedSemaphore released too many times");
  }
}

bool semaphore::is_locked() const noexcept {
  const auto held = waiters_.lock();
  return would_wait();
}

std::size_t semaphore::available() const noexcept {
  const auto held = waiters_.lock();
  return permits_;
}

std::coroutine_handle<> semaphore::acquire_awaiter::await_suspend(
    std::coroutine_handle<> awaiting) noexcept {
  auto held = semaphore_->waiters_.lock();
  if (!semaphore_->would_wait()) {
    --semaphore_->permits_;
    return awaiting;
  }
  return semaphore_->waiters_.suspend(std::move(held), node_, awaiting);
}

void semaphore::acquire_awaiter::await_resume() {
  if (node_.task() == nullptr) {
    return;
  }
  wait_queue::guard held;
  const bool cancelled = semaphore_->waiters_.finish(held, node_);
  if (cancelled && node_.woken()) {
    ++semaphore_->permits_;
  }
  // Permits released while a woken waiter had not run yet were kept back for it: hand them on.
  while (semaphore_->permits_ > 0 && semaphore_->reserve_for_next()) {
  }
  held.unlock();
  if (cancelled) {
    throw_cancelled(node_);
  }
}

}  // namespace jackdaw
