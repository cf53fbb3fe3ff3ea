// Entering, expiring and leaving a deadline.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/timeout.hpp>

namespace jackdaw {

deadline_scope::deadline_scope(duration wait)
    : task_(&current_task()), requests_before_(task_->cancelling()), alarm_(*this) {
  alarm_.arm(deadline_after(current_scheduler().now(), wait));
}

bool deadline_scope::leave(bool by_cancellation) noexcept {
  alarm_.disarm();
  if (!std::exchange(expired_, false)) {
    return false;
  }
  return task_->uncancel() <= requests_before_ && by_cancellation;
}

void deadline_scope::alarm::ring(timer& self) noexcept {
  deadline_scope& scope = *static_cast<alarm&>(self).scope;
  scope.expired_ = true;
  scope.task_->request_cancel();
}

}  // namespace jackdaw
