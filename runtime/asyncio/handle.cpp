// Callbacks: cancelling them, and running them.
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/asyncio/handle.hpp>
#include <jackdaw/runtime/exceptions.hpp>

namespace jackdaw::asyncio {

void callback::cancel() noexcept {
  if (cancelled_) {
    return;
  }
  cancelled_ = true;
  if (scheduled_) {
    loop_->timer_cancelled();
  }
  if (!runs_) {
    function_.reset();
  }
}

void callback::run_work(work& self) {
  auto& item = static_cast<callback&>(self);
  const handle keep(item);
  item.drop_reference();  // The queue's.
  if (item.cancelled_) {
    return;
  }
  // It may cancel its own handle, and goes on then; what it holds is destroyed when it has returned.
  item.runs_ = true;
  const auto ended = [&item]() noexcept {
    item.runs_ = false;
    if (item.cancelled_) {
      item.function_.reset();
    }
  };
  const context_scope scope(item.context_);
  try {
    item.function_();
  } catch (...) {
    const std::exception_ptr error = std::current_exception();
    if (is_order_to_end(error)) {
      ended();
      throw;
    }
    item.loop_->report({"Exception in callback", {}, error, failure_source::handle});
  }
  ended();
}

}  // namespace jackdaw::asyncio
