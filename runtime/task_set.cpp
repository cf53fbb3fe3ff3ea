// Counting children, and telling the waiter once.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task_set.hpp>

#include <mutex>

namespace jackdaw {

task_set::task_set(std::vector<future_reference> children, set_policy policy)
    : cancel_hook(&task_set::cancel_children),
      children_(std::move(children)),
      policy_(policy),
      unfinished_(children_.size()),
      settled_(children_.empty()),
      references_(children_.size() + 1) {}

task_set* task_set::watch(std::vector<future_reference> children, set_policy policy) {
  auto* const set = new task_set(std::move(children), policy);
  set->nodes_.reserve(set->children_.size());
  for (std::size_t index = 0; index < set->children_.size(); ++index) {
    set->nodes_.emplace_back(*set, index);
  }
  for (std::size_t index = 0; index < set->children_.size(); ++index) {
    if (!set->children_[index]->add_completion(set->nodes_[index])) {
      set->child_ended(index);  // Done already: no hop (asyncio 3.12).
    }
  }
  return set;
}

void task_set::drop_reference() noexcept {
  // X1: release and acquire, so that the last one sees what the others did.
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete this;
  }
}

bool task_set::settled() const noexcept {
  const std::lock_guard guard(lock_);
  return settled_;
}

bool task_set::await_suspend(std::coroutine_handle<> awaiting) noexcept {
  task_record& task = current_task();
  task.suspend_at(awaiting);
  suspended_ = true;
  // Armed before the children can see the waiter, who is the only one to look at `settled_` after us.
  const bool waits = task.arm(this);
  const std::lock_guard guard(lock_);
  if (!waits) {
    task.schedule();
  } else if (settled_) {
    task.wake_and_schedule();
  }
  waiter_ = &task;
  return true;
}

void task_set::abandon() noexcept {
  const std::lock_guard guard(lock_);
  waiter_ = nullptr;
}

std::size_t task_set::finish() {
  bool cancelled = false;
  {
    const std::lock_guard guard(lock_);
    waiter_ = nullptr;
    cancelled = cancel_requested_;
  }
  if (decided_by_ != none) {
    children_[decided_by_]->mark_retrieved();
  }
  if (!std::exchange(suspended_, false)) {
    return decided_by_;
  }
  task_record& task = current_task();
  if (task.end_wait() == wait_end::cancelled || cancelled) {
    task.throw_cancelled();
  }
  return decided_by_;
}

bool task_set::cancel_children(cancel_hook& self, std::string_view message) noexcept {
  auto& set = static_cast<task_set&>(self);
  {
    const std::lock_guard guard(set.lock_);
    if (set.settled_) {
      return false;
    }
    // From here on the end of all children ends the wait.
    set.cancel_requested_ = true;
  }
  bool any = false;
  for (const future_reference& child : set.children_) {
    any = child->request_cancel(message) || any;
  }
  if (!any) {
    const std::lock_guard guard(set.lock_);
    set.cancel_requested_ = false;
  }
  return any;
}

void task_set::child_node::notified(completion_node& self) noexcept {
  auto& node = static_cast<child_node&>(self);
  node.set->children_[node.index]->home().run_callback(node);
}

void task_set::child_node::ended(work& self) {
  auto& node = static_cast<child_node&>(self);
  node.set->child_ended(node.index);
}

// The exception of the child that decides is fetched by finish(), if anybody gets that far; those of the
// others are nobody's.
void task_set::child_ended(std::size_t index) noexcept {
  bool decides = false;
  {
    const std::lock_guard guard(lock_);
    --unfinished_;
    const bool first = policy_ == set_policy::first_completed;
    if (!settled_) {
      if (first && decided_by_ == none) {
        decided_by_ = index;
      }
      settled_ = unfinished_ == 0 || (first && !cancel_requested_);
      if (settled_ && waiter_ != nullptr) {
        waiter_->wake_and_schedule();
      }
    }
    decides = decided_by_ == index;
  }
  if (!decides) {
    children_[index]->mark_retrieved();
  }
  drop_reference();
}

}  // namespace jackdaw
