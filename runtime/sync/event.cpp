// Setting, clearing and awaiting an event.
#include <jackdaw/runtime/sync/event.hpp>

#include <mutex>
#include <utility>

namespace jackdaw {

void event::set() noexcept {
  auto held = waiters_.lock();
  // V1: under the lock, which orders all changes.
  if (!set_.load(std::memory_order_relaxed)) {
    // V2: release pairs with V3: who finds it set sees what preceded that.
    set_.store(true, std::memory_order_release);
    waiters_.release_all(std::move(held));
  }
}

void event::clear() noexcept {
  const auto held = waiters_.lock();
  set_.store(false, std::memory_order_relaxed);  // V1
}

bool event::wait_awaiter::await_suspend(std::coroutine_handle<> awaiting) noexcept {
  auto held = event_->waiters_.lock();
  if (event_->set_.load(std::memory_order_relaxed)) {  // V1
    return false;
  }
  event_->waiters_.suspend(std::move(held), node_, awaiting);
  return true;
}

void event::wait_awaiter::await_resume() {
  if (node_.task() == nullptr) {
    return;
  }
  if (event_->waiters_.finish_released(node_)) {
    throw_cancelled(node_);
  }
}

}  // namespace jackdaw
