// Counting children, and ending once.
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/gathering.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <mutex>

namespace jackdaw {

gathering_base::gathering_base(scheduler& home, std::vector<future_reference> children,
                               bool keep_exceptions)
    : future_base(home),
      children_(std::move(children)),
      keep_exceptions_(keep_exceptions),
      unfinished_(children_.size()) {
  nodes_.reserve(children_.size());
  for (std::size_t index = 0; index < children_.size(); ++index) {
    nodes_.emplace_back(*this, index);
  }
}

gathering_base::~gathering_base() {
  report_if_unretrieved("_GatheringFuture exception was never retrieved", {});
}

void gathering_base::watch() {
  if (children_.empty()) {
    end(try_collect());
    return;
  }
  for (child_node& node : nodes_) {
    add_reference();
    if (!children_[node.index]->add_completion(node)) {
      child_ended(node.index);
    }
  }
}

void gathering_base::child_node::notified(completion_node& self) noexcept {
  auto& node = static_cast<child_node&>(self);
  node.gathering->home().run_callback(node);
}

void gathering_base::child_node::forgotten(completion_node& self) noexcept {
  static_cast<child_node&>(self).gathering->drop_reference();
}

void gathering_base::child_node::ended(work& self) {
  auto& node = static_cast<child_node&>(self);
  node.gathering->child_ended(node.index);
}

void gathering_base::child_ended(std::size_t index) noexcept {
  future_base& child = *children_[index];
  child.mark_retrieved();
  const bool decides = child.exception() != nullptr && !keep_exceptions_;
  bool last = false;
  bool ends = false;
  bool was_cancelled = false;
  {
    const std::lock_guard guard(lock_);
    --unfinished_;
    last = unfinished_ == 0;
    ends = !ending_ && (last || decides);
    ending_ = ending_ || ends;
    was_cancelled = cancel_requested_;
  }
  if (ends) {
    std::exception_ptr error;
    if (decides) {
      error = child.exception();
    } else if (was_cancelled) {
      error = child.cancelled() ? child.exception()
                                : std::make_exception_ptr(cancelled_error(copy_message()));
    } else {
      error = try_collect();
    }
    end(std::move(error));
  }
  drop_reference();
}

std::exception_ptr gathering_base::try_collect() noexcept {
  try {
    collect();
    return nullptr;
  } catch (...) {
    return std::current_exception();  // A value that could not be copied.
  }
}

void gathering_base::end(std::exception_ptr error) noexcept {
  {
    const std::lock_guard guard(lock_);
    error_ = std::move(error);
    if (error_ != nullptr) {
      expect_retrieval();
    }
    word_.store(is_done, std::memory_order_release);  // As D2 of future_state.
  }
  auto waiting = take_completions();
  tell(waiting);
}

bool gathering_base::request_cancel(std::string_view message) noexcept {
  {
    const std::lock_guard guard(lock_);
    if (ending_) {
      return false;
    }
    cancel_requested_ = true;
  }
  store_message(message);
  bool any = false;
  for (const future_reference& child : children_) {
    any = child->request_cancel(message) || any;
  }
  if (!any) {
    const std::lock_guard guard(lock_);
    cancel_requested_ = false;
  }
  return any;
}

}  // namespace jackdaw
