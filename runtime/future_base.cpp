// References, watchers, and the report of an exception that nobody fetched.
#include <jackdaw/runtime/base/only_thread.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <mutex>

namespace jackdaw {

future_base::future_base(scheduler& scheduler) noexcept
    : single_threaded_(!scheduler.concurrent()), scheduler_(&scheduler) {}

future_base::~future_base() {
  // A node may be taken out until it has been told, even now (shield_watch).
  auto left = take_completions();
  while (completion_node* const node = left.pop_front()) {
    node->forget(*node);
  }
}

std::exception_ptr future_base::lasting_cancelled_error() const noexcept {
  try {
    std::rethrow_exception(exception());
  } catch (const cancelled_error& error) {
    return std::make_exception_ptr(cancelled_error(error.message(), true));
  } catch (...) {
    return std::current_exception();
  }
}

bool future_base::add_completion(completion_node& node) noexcept {
  const std::lock_guard guard(lock_);
  if (done()) {
    return false;
  }
  completions_.push_back(node);
  return true;
}

bool future_base::remove_completion(completion_node& node) noexcept {
  const std::lock_guard guard(lock_);
  bool found = false;
  intrusive_queue<completion_node> kept;
  while (completion_node* const other = completions_.pop_front()) {
    if (other == &node) {
      found = true;
    } else {
      kept.push_back(*other);
    }
  }
  completions_ = std::move(kept);
  return found;
}

intrusive_queue<completion_node> future_base::take_completions() noexcept {
  const std::lock_guard guard(lock_);
  return std::move(completions_);
}

void future_base::tell(intrusive_queue<completion_node>& nodes) noexcept {
  while (completion_node* const node = nodes.pop_front()) {
    node->notify(*node);  // The last access: its owner may free it at once.
  }
}

void future_base::change_message(std::string cancel_messages::* which, std::string_view message) {
  std::string text(message);
  auto first = text.empty() ? nullptr : std::make_unique<cancel_messages>();
  const std::lock_guard guard(lock_);
  if (messages_ == nullptr) {
    messages_ = std::move(first);
  }
  if (messages_ != nullptr) {
    ((*messages_).*which).swap(text);
  }
}

void future_base::store_message(std::string_view message) {
  change_message(&cancel_messages::due, message);
}

void future_base::note_message(std::string_view message) {
  change_message(&cancel_messages::noted, message);
}

std::string future_base::copy_message() const {
  const std::lock_guard guard(lock_);
  return messages_ != nullptr ? messages_->due : std::string();
}

std::string future_base::take_message() noexcept {
  const std::lock_guard guard(lock_);
  return messages_ != nullptr ? std::exchange(messages_->due, {}) : std::string();
}

std::string future_base::noted_cancel_message() const {
  const std::lock_guard guard(lock_);
  return messages_ != nullptr ? messages_->noted : std::string();
}

void future_base::mark_retrieved() noexcept {
  const std::lock_guard guard(lock_);
  unretrieved_.reset();
}

void future_base::expect_retrieval() {
  unretrieved_ = std::make_unique<std::shared_ptr<const failure_handler>>(scheduler_->on_failure());
}

void future_base::report_if_unretrieved(const char* message, std::string_view name) noexcept {
  if (unretrieved_ == nullptr) {
    return;
  }
  const failure_source source = name.empty() ? failure_source::future : failure_source::task;
  const failure failure{message, std::string(name), exception(), source};
  report_with(unretrieved_->get(), failure);
}

void future_base::add_reference() noexcept {
  // F1: relaxed; who adds a reference has one already.
  fetch_add(references_, 1U, std::memory_order_relaxed);
}

void future_base::drop_reference() noexcept {
  // F4: relaxed, and read before another thread may drop the last reference. Never set outside of a loop;
  // a loop's own thread sees what it wrote.
  const auto of_waits = references_of_waits_.load(std::memory_order_relaxed);
  const scheduler* const home = scheduler_;
  const auto left = release_reference();
  if (left != 0 && left == of_waits && home == current_context().scheduler && !done())
      [[unlikely]] {
    // On another thread it might be gone by now, and its loop too.
    scheduler_->may_be_lost(*this);
  }
}

std::uint32_t future_base::release_reference() noexcept {
  // F2: release, so that the last one, who acquires, sees all that the others did with it.
  const auto left = fetch_add(references_, -1U, std::memory_order_acq_rel) - 1;
  if (left == 0) {
    delete this;
  }
  return left;
}

void future_base::count_reference_of_wait() noexcept {
  const auto before = references_of_waits_.load(std::memory_order_relaxed);  // F4
  references_of_waits_.store(before + 1, std::memory_order_relaxed);         // F4
}

void future_base::discount_reference_of_wait() noexcept {
  const auto before = references_of_waits_.load(std::memory_order_relaxed);  // F4
  references_of_waits_.store(before - 1, std::memory_order_relaxed);         // F4
}

bool future_base::held_by_waits_only(std::uint32_t besides) const noexcept {
  return references_.load(std::memory_order_acquire) ==
         references_of_waits_.load(std::memory_order_relaxed) + besides;  // F3, F4
}

bool future_base::shared() const noexcept {
  // F3: acquire pairs with F2: the sole owner may take the result, whatever the others did with it.
  return references_.load(std::memory_order_acquire) > 1;
}

}  // namespace jackdaw
