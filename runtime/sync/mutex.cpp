// Locking and unlocking.
#include <jackdaw/runtime/sync/mutex.hpp>

#include <stdexcept>

namespace jackdaw {

bool mutex::try_lock() noexcept {
  const auto held = waiters_.lock();
  if (locked_ || waiters_.has_waiters()) {
    return false;
  }
  locked_ = true;
  return true;
}

void mutex::unlock() {
  const auto held = waiters_.lock();
  if (!locked_) {
    throw std::runtime_error("Lock is not acquired.");
  }
  locked_ = false;
  waiters_.wake_first();
}

bool mutex::is_locked() const noexcept {
  const auto held = waiters_.lock();
  return locked_;
}

std::coroutine_handle<> mutex::lock_awaiter::await_suspend(
    std::coroutine_handle<> awaiting) noexcept {
  auto held = mutex_->waiters_.lock();
  if (!mutex_->locked_ && !mutex_->waiters_.has_waiters()) {
    mutex_->locked_ = true;
    return awaiting;
  }
  return mutex_->waiters_.suspend(std::move(held), node_, awaiting);
}

void mutex::lock_awaiter::await_resume() {
  if (node_.task() == nullptr) {
    return;
  }
  wait_queue::guard held;
  if (!mutex_->waiters_.finish(held, node_)) {
    mutex_->locked_ = true;
    return;
  }
  // The wake-up may have been ours: then the next one needs it. If the first has one already, a second
  // would make two owners.
  if (!mutex_->locked_) {
    mutex_->waiters_.wake_first();
  }
  held.unlock();
  throw_cancelled(node_);
}

}  // namespace jackdaw
