// Entering, moving, expiring and leaving a deadline.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <limits>
#include <stdexcept>

namespace jackdaw {

time_point deadline_in(duration wait) { return deadline_after(current_scheduler().now(), wait); }

timeout_scope::timeout_scope(std::optional<time_point> deadline)
    : task_(current_task()),
      // asyncio counts one that is due too, and so makes a timeout of it.
      requests_before_(task_->home().concurrent() ? task_->delivered_requests()
                                                  : task_->cancelling()),
      deadline_(deadline),
      alarm_(*this) {
  if (deadline_.has_value()) {
    alarm_.arm(*deadline_, timer::if_due::runs_soon);
  }
}

bool timeout_scope::try_reschedule(std::optional<time_point> deadline) {
  alarm_.disarm();
  if (state_.load(std::memory_order_relaxed) != state::active) {  // See the member.
    return false;
  }
  deadline_ = deadline;
  if (deadline_.has_value()) {
    alarm_.arm(*deadline_, timer::if_due::runs_soon);
  }
  return true;
}

void timeout_scope::reschedule(std::optional<time_point> deadline) {
  if (try_reschedule(deadline)) {
    return;
  }
  switch (state_.load(std::memory_order_relaxed)) {  // See the member.
    case state::expiring:
      throw std::runtime_error("Cannot change state of expiring Timeout");
    case state::expired:
      throw std::runtime_error("Cannot change state of expired Timeout");
    default:
      throw std::runtime_error("Cannot change state of finished Timeout");
  }
}

bool timeout_scope::expired() const noexcept {
  const state seen = state_.load(std::memory_order_relaxed);  // See the member.
  return seen == state::expiring || seen == state::expired;
}

bool timeout_scope::leave(bool by_cancellation) noexcept {
  alarm_.disarm();
  if (state_.load(std::memory_order_relaxed) != state::expiring) {  // See the member.
    state_.store(state::finished, std::memory_order_relaxed);
    return false;
  }
  state_.store(state::expired, std::memory_order_relaxed);  // See the member.
  // In a pool the alarm may have rung while the task ran, on another worker, and its request be undelivered.
  // The error that is on its way stands for it, and for those of others that came meanwhile; a body that ended
  // otherwise leaves theirs for the next suspension. On a loop none can be due here but the task's own.
  std::uint32_t forgotten_at = 0;
  if (task_->home().concurrent()) {
    forgotten_at = by_cancellation ? std::numeric_limits<std::uint32_t>::max() : requests_before_;
  }
  const bool only_ours = task_->take_back_request(forgotten_at) <= requests_before_;
  return only_ours && by_cancellation;
}

void timeout_scope::alarm::ring(timer& self) noexcept {
  timeout_scope& scope = *static_cast<alarm&>(self).scope;
  scope.state_.store(timeout_scope::state::expiring, std::memory_order_relaxed);  // See the member.
  scope.task_->request_cancel();
}

}  // namespace jackdaw
