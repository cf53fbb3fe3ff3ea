// Waiting for a notification, with the mutex on both sides of it.
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/sync/condition.hpp>

#include <exception>
#include <limits>
#include <stdexcept>

namespace jackdaw {

class condition::notification {
 public:
  explicit notification(condition& awaited) noexcept : condition_(&awaited) {}
  notification(const notification&) = delete;
  notification& operator=(const notification&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    // Unlocked with the queue's lock held: who gets the mutex now and notifies finds this waiter.
    auto held = condition_->waiters_.lock();
    condition_->mutex_->unlock();
    return condition_->waiters_.suspend(std::move(held), node_, awaiting);
  }
  void await_resume() {
    wait_queue::guard held;
    const bool cancelled = condition_->waiters_.finish(held, node_);
    held.unlock();
    if (cancelled) {
      throw_cancelled(node_);
    }
  }

 private:
  condition* condition_;
  wait_queue::node node_;
};

task<void> condition::wait() {
  if (!mutex_->is_locked()) {
    throw std::runtime_error("cannot wait on un-acquired lock");
  }
  std::exception_ptr interrupted;
  notification arrival(*this);
  try {
    co_await arrival;
  } catch (...) {
    interrupted = std::current_exception();
  }
  bool relocked = false;
  while (!relocked) {
    try {
      co_await mutex_->lock();
      relocked = true;
    } catch (const cancelled_error&) {
      interrupted = std::current_exception();
    }
  }
  if (interrupted) {
    {
      // Whether a notification had come or not, as asyncio does: waiters expect to wake for nothing.
      const auto held = waiters_.lock();
      waiters_.wake_one();
    }
    std::rethrow_exception(interrupted);
  }
}

void condition::notify(std::size_t count) {
  if (!mutex_->is_locked()) {
    throw std::runtime_error("cannot notify on un-acquired lock");
  }
  const auto held = waiters_.lock();
  while (count > 0 && waiters_.wake_one()) {
    --count;
  }
}

void condition::notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

}  // namespace jackdaw
