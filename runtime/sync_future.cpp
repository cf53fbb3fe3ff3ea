// Waiting in a thread, and telling the task's home.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/sync_future.hpp>

#include <stdexcept>

namespace jackdaw {
namespace {

class cancel_call final : public outside_call {
 public:
  explicit cancel_call(task_reference task) noexcept : task_(std::move(task)) {}
  void make() override { task_->request_cancel(); }

 private:
  task_reference task_;
};

}  // namespace

bool sync_state_base::done() const {
  const std::lock_guard guard(lock_);
  return done_;
}

bool sync_state_base::cancelled() const {
  const std::lock_guard guard(lock_);
  return cancelled_;
}

bool sync_state_base::wait(std::optional<duration> limit) const {
  std::unique_lock guard(lock_);
  const auto ended = [this] { return done_; };
  if (ended()) {
    return true;
  }
  if (current_context().scheduler == home_) {
    throw std::logic_error(
        "a thread of the runtime would wait for itself; co_await a task instead");
  }
  if (!limit.has_value()) {
    changed_.wait(guard, ended);
    return true;
  }
  return changed_.wait_for(guard, *limit, ended);
}

void sync_state_base::task_started(task_reference task) {
  {
    const std::lock_guard guard(lock_);
    task_ = std::move(task);
  }
  // asyncio: the task exists before its cancellation does, so its first step runs.
  if (cancelled()) {
    pass_on_cancel();
  }
}

void sync_state_base::task_gone() noexcept {
  task_reference dropped;
  const std::lock_guard guard(lock_);
  std::swap(dropped, task_);
}

void sync_state_base::pass_on_cancel() {
  std::unique_lock guard(lock_);
  if (!task_ || cancel_passed_on_) {
    return;
  }
  cancel_passed_on_ = true;
  auto call = std::make_unique<cancel_call>(task_);
  // A loop cannot end while we hold the lock: task_gone() waits for it. A pool would make the call in here.
  scheduler& home = task_->home();
  if (home.concurrent()) {
    guard.unlock();
  }
  try {
    home.call_threadsafe(std::move(call));
  } catch (const std::runtime_error&) {
    return;  // It is closed, and the task about to end.
  }
}

}  // namespace jackdaw
