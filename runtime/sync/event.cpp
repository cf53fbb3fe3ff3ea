// Setting, clearing and awaiting an event.
#include <jackdaw/runtime/sync/event.hpp>

#include <mutex>
#include <utility>

namespace jackdaw {

void event::set() noexcept {
  auto held = waiters_.lock();
  if (!set_) {
    set_ = true;
    waiters_.release_all(std::move(held));
  }
}

void event::clear() noexcept {
  const auto held = waiters_.lock();
  set_ = false;
}

bool event::is_set() const noexcept {
  const auto held = waiters_.lock();
  return set_;
}

std::coroutine_handle<> event::wait_awaiter::await_suspend(
    std::coroutine_handle<> awaiting) noexcept {
  auto held = event_->waiters_.lock();
  if (event_->set_) {
    return awaiting;
  }
  return event_->waiters_.suspend(std::move(held), node_, awaiting);
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
