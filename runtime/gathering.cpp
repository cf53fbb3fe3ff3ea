// Counting children, and ending once.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/gathering.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <mutex>
#include <stdexcept>

namespace jackdaw {

gathering_base::gathering_base(scheduler& home, std::vector<future_reference> children,
                               bool keep_exceptions)
    : future_base(home),
      children_(std::move(children)),
      keep_exceptions_(keep_exceptions),
      unfinished_(children_.size()) {
  for (const future_reference& child : children_) {
    // A loop's child is told of on the loop's thread, and nowhere else. asyncio: a ValueError.
    if (&child->home() != &home && !(home.concurrent() && child->home().concurrent())) {
      throw std::invalid_argument(
          "The future belongs to a different loop than the one specified as the loop argument");
    }
  }
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

future_base* gathering_base::gathering_of(const completion_node& node) noexcept {
  return node.notify == &child_node::notified ? static_cast<const child_node&>(node).gathering
                                              : nullptr;
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
  if (current_context().destroys_waiters) {
    // A loop that closes calls nobody: we stay without an end (S17).
    node.gathering->drop_reference();
  } else {
    node.gathering->child_ended(node.index);
  }
}

void gathering_base::child_ended(std::size_t index) noexcept {
  future_base& child = *children_[index];
  const bool decides = child.exception() != nullptr && !keep_exceptions_;
  bool last = false;
  bool ends = false;
  bool was_over = false;
  bool was_cancelled = false;
  {
    const std::lock_guard guard(lock_);
    --unfinished_;
    last = unfinished_ == 0;
    was_over = ending_;
    ends = !ending_ && (last || decides);
    ending_ = ending_ || ends;
    was_cancelled = cancel_requested_ || requests_under_way_ > 0;
    ended_by_request_ = ended_by_request_ || (ends && !decides && was_cancelled);
  }
  // asyncio looks at a child's exception when it may decide; if all are kept, at the end (S180).
  if (!keep_exceptions_ || was_over) {
    child.mark_retrieved();
  } else if (ends) {
    for (const future_reference& each : children_) {
      each->mark_retrieved();
    }
  }
  if (ends) {
    std::exception_ptr error;
    if (decides) {
      error = child.cancelled() ? child.next_cancelled_error() : child.exception();
    } else if (was_cancelled) {
      // asyncio: that of the last one in the order of the arguments, after all children were asked.
      future_base& last_child = *children_.back();
      error = last_child.cancelled()
                  ? last_child.next_cancelled_error()
                  : std::make_exception_ptr(cancelled_error(last_child.noted_cancel_message()));
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
    ++requests_under_way_;
  }
  bool any = false;
  for (const future_reference& child : children_) {
    any = child->request_cancel(message) || any;
  }
  const std::lock_guard guard(lock_);
  --requests_under_way_;
  cancel_requested_ = cancel_requested_ || any;
  // Or the last child ended on another worker meanwhile, and found the request.
  return any || ended_by_request_;
}

}  // namespace jackdaw
