// From the end of a future, through the run queue, to the function.
#include <jackdaw/runtime/done_callback.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/scheduler.hpp>

namespace jackdaw {

done_callback::done_callback(future_base& future, context_slot in) noexcept
    : completion_node(&done_callback::notified, &done_callback::forgotten),
      work(&done_callback::run_work),
      future_(&future),
      context_(std::move(in)) {}

void done_callback::watch() noexcept {
  if (!future_->add_completion(*this)) {
    queue();
  }
}

std::size_t done_callback::remove() noexcept {
  if (!future_->remove_completion(*this)) {
    return 0;
  }
  drop_reference();
  return 1;
}

void done_callback::queue() noexcept {
  future_->add_reference();
  future_->home().schedule(*this);
}

void done_callback::notified(completion_node& self) noexcept {
  static_cast<done_callback&>(self).queue();
}

void done_callback::forgotten(completion_node& self) noexcept {
  static_cast<done_callback&>(self).drop_reference();
}

bool done_callback::drop_queued(work& item) noexcept {
  if (item.run != &done_callback::run_work) {
    return false;
  }
  auto& callback = static_cast<done_callback&>(item);
  callback.future_->drop_reference();
  callback.drop_reference();
  return true;
}

void done_callback::run_work(work& self) {
  auto& callback = static_cast<done_callback&>(self);
  const auto registration = done_callback_token::adopt(callback);
  const auto future = future_reference::adopt(*callback.future_);
  const context_scope scope(callback.context_);
  try {
    callback.call(*future);
  } catch (...) {
    const std::exception_ptr error = std::current_exception();
    // asyncio: KeyboardInterrupt and SystemExit leave the loop; a pool has no one to give them to.
    if (is_order_to_end(error) && !future->home().concurrent()) {
      throw;
    }
    future->home().report({"Exception in callback", {}, error, failure_source::handle});
  }
}

void done_callback::add_reference() noexcept {
  references_.fetch_add(1, std::memory_order_relaxed);  // As F1 of future_base.
}

void done_callback::drop_reference() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {  // As F2 of future_base.
    delete this;
  }
}

}  // namespace jackdaw
