// The chain, link by link.
#include <jackdaw/runtime/asyncio/failure_chain.hpp>
#include <jackdaw/runtime/exceptions.hpp>

#include <exception>
#include <utility>

namespace jackdaw::asyncio {
namespace {

/// Calls `function`; what it throws is returned, unless it is meant for the loop.
template <class F>
std::exception_ptr error_of(F&& function) {
  try {
    function();
    return nullptr;
  } catch (...) {
    std::exception_ptr error = std::current_exception();
    if (is_order_to_end(error)) {
      throw;
    }
    return error;
  }
}

}  // namespace

void failure_chain::set_handler(event_loop& loop, exception_handler handler) {
  std::shared_ptr<const installed> next;
  if (handler) {
    next = std::make_shared<const installed>(installed{&loop, std::move(handler)});
  }
  const std::lock_guard guard(lock_);
  handler_.swap(next);
}

void failure_chain::forget_loop() noexcept {
  std::shared_ptr<const installed> before;
  const std::lock_guard guard(lock_);
  handler_.swap(before);
}

std::shared_ptr<const failure_chain::installed> failure_chain::current() const {
  const std::lock_guard guard(lock_);
  return handler_;
}

exception_handler failure_chain::handler() const {
  const auto found = current();
  return found != nullptr ? found->call : exception_handler();
}

void failure_chain::tell(const failure& failure) const {
  const auto found = failure.level == failure_level::error ? current() : nullptr;
  if (found == nullptr) {
    if (const auto error = error_of([&] { tell_log(failure); })) {
      report_to_stderr({"Exception in default exception handler", failure.task_name, error});
    }
    return;
  }
  const auto error = error_of([&] { found->call(*found->loop, failure); });
  if (error == nullptr) {
    return;
  }
  jackdaw::failure broken{"Unhandled error in exception handler", failure.task_name, error};
  broken.while_handling = std::make_shared<const jackdaw::failure>(failure);
  if (const auto worse = error_of([&] { tell_log(broken); })) {
    report_to_stderr(
        {"Exception in default exception handler while handling an unexpected error in "
         "custom exception handler",
         failure.task_name, worse});
  }
}

void failure_chain::tell_log(const failure& failure) const {
  const auto write = [this](const jackdaw::failure& line) {
    if (log_) {
      log_(line);
    } else {
      report_to_stderr(line);
    }
  };
  if (!failure.message.empty()) {
    write(failure);
    return;
  }
  jackdaw::failure named = failure;
  named.message = "Unhandled exception in event loop";
  write(named);
}

}  // namespace jackdaw::asyncio
