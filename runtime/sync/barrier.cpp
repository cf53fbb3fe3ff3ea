// Filling, draining, breaking. The states are those of asyncio's Barrier.
#include <jackdaw/runtime/sync/barrier.hpp>

#include <exception>

namespace jackdaw {

// One wait for a change of state: suspends while `holds` is true of the barrier.
class barrier::turn {
 public:
  turn(barrier& awaited, state while_in) noexcept : barrier_(&awaited), while_in_(while_in) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    auto held = barrier_->waiters_.lock();
    if (barrier_->state_ != while_in_) {
      return awaiting;
    }
    suspended_ = true;
    return barrier_->waiters_.suspend(std::move(held), node_, awaiting);
  }
  void await_resume() {
    if (!suspended_) {
      return;
    }
    wait_queue::guard held;
    const bool cancelled = barrier_->waiters_.finish(held, node_);
    held.unlock();
    if (cancelled) {
      throw_cancelled(node_);
    }
  }

 private:
  barrier* barrier_;
  state while_in_;
  wait_queue::node node_;
  bool suspended_ = false;
};

barrier::barrier(std::size_t parties) : parties_(parties) {
  if (parties < 1) {
    throw std::invalid_argument("parties must be > 0");
  }
}

// Under the lock: the last of a group that leaves opens the barrier for the next.
void barrier::leave() noexcept {
  --count_;
  if (count_ == 0 && (state_ == state::resetting || state_ == state::draining)) {
    state_ = state::filling;
    waiters_.wake_all();
  }
}

task<std::size_t> barrier::wait() {
  std::size_t index = 0;
  bool last = false;
  bool inside = false;
  while (!inside) {
    state seen = state::filling;
    {
      const auto held = waiters_.lock();
      seen = state_;
      if (seen == state::broken) {
        throw broken_barrier_error("Barrier aborted");
      }
      if (seen == state::filling) {  // Looked at and counted under one lock.
        inside = true;
        index = count_++;
        last = index + 1 == parties_;
        if (last) {
          state_ = state::draining;
          waiters_.wake_all();
        }
      }
    }
    if (!inside) {
      // A group that is still leaving, or being thrown out, keeps us at the door.
      turn door(*this, seen);
      co_await door;
    }
  }
  std::exception_ptr interrupted;
  if (!last) {
    turn group(*this, state::filling);
    try {
      co_await group;
    } catch (...) {
      interrupted = std::current_exception();
    }
  }
  bool thrown_out = false;
  {
    const auto held = waiters_.lock();
    thrown_out = state_ == state::broken || state_ == state::resetting;
    leave();
  }
  if (interrupted) {
    std::rethrow_exception(interrupted);
  }
  if (thrown_out) {
    throw broken_barrier_error("Abort or reset of barrier");
  }
  co_return index;
}

void barrier::reset() {
  const auto held = waiters_.lock();
  if (count_ > 0) {
    state_ = state::resetting;
  } else {
    state_ = state::filling;
  }
  waiters_.wake_all();
}

void barrier::abort() {
  const auto held = waiters_.lock();
  state_ = state::broken;
  waiters_.wake_all();
}

std::size_t barrier::waiting() const noexcept {
  const auto held = waiters_.lock();
  return state_ == state::filling ? count_ : 0;
}

bool barrier::broken() const noexcept {
  const auto held = waiters_.lock();
  return state_ == state::broken;
}

}  // namespace jackdaw
