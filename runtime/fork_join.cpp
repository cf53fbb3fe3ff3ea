// What happens to forked coroutines where something is stolen, waits, fails or is cancelled.
#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/fork_join.hpp>
#include <jackdaw/runtime/scheduler.hpp>

namespace jackdaw {

/// T's wait for its branches, as others see it.
struct fork_scope::wait_for_all : cancel_hook, pooled {
  explicit wait_for_all(fork_scope& of) noexcept : cancel_hook(&cancel), scope(&of) {}
  static bool cancel(cancel_hook& self, std::string_view message) noexcept {
    return static_cast<wait_for_all&>(self).scope->stop(message);
  }
  fork_scope* scope;
};

// --- The group ---

std::coroutine_handle<> fork_group::wait_for_branches() noexcept {
  return static_cast<fork_scope*>(this)->join();
}

void fork_group::child_failed() noexcept {
  auto& scope = static_cast<fork_scope&>(*this);
  scope.give_up_not_begun();
  scope.stop({});
}

fork* fork_scope::shown_of_ours(const fork_stack& stack) const noexcept {
  const fork* const shown = stack.shown();
  for (fork_branch& branch : branches()) {
    if (&branch == shown) {
      return &branch;
    }
  }
  return nullptr;
}

// In the task that forked, and it has run what was left to itself.
std::coroutine_handle<> fork_scope::join() noexcept {
  if (fork_stack* const stack = current_context().forks; stack != nullptr) {
    fork* const shown = shown_of_ours(*stack);
    if (shown != nullptr && stack->take_back(*shown)) {
      return static_cast<forked_child*>(shown)->child;
    }
  }
  const auto running = static_cast<std::int32_t>(left_);
  if (joined_.have_ended(running)) {  // J3
    return parent_;
  }
  task_->suspend_at(parent_);
  waiting_ = new wait_for_all(*this);
  note_exception_from_rule();
  // With a hook it cannot fail: a cancellation that was due goes to the branches.
  static_cast<void>(task_->arm(waiting_));
  if (!joined_.wait_for(running)) {  // J2
    return std::noop_coroutine();
  }
  // They have ended meanwhile. A wait with a hook is ended by nobody else.
  const bool ours = task_->wake();
  JACKDAW_ASSERT(ours);
  return parent_;
}

void fork_scope::branch_ended() noexcept {
  if (joined_.count_end()) {  // J1
    task_->wake_and_schedule();
  }
}

void fork_scope::finish(std::span<const std::exception_ptr> errors) {
  const bool cancelled = waiting_ != nullptr && task_->end_wait() == wait_end::cancelled;
  if (has_cancelled_parent_) {
    task_->take_back_request(requests_before_);
  }
  std::exception_ptr first_cancelled;
  for (const std::exception_ptr& error : errors) {
    if (error != nullptr && !is_error<cancelled_error>(error)) {
      std::rethrow_exception(error);
    }
    if (first_cancelled == nullptr) {
      first_cancelled = error;
    }
  }
  if (cancelled) {
    task_->throw_cancelled();
  }
  if (first_cancelled != nullptr) {
    std::rethrow_exception(first_cancelled);
  }
}

void fork_scope::keep_context() noexcept {
  std::construct_at(&context_, context_slot::copy_of_current());
  has_context_ = true;
  note_exception_from_rule();
}

context_slot fork_scope::copy_of_context() const noexcept {
  return has_context_ ? context_.copy() : context_slot();
}

void fork_scope::clean_up() noexcept {
  for (fork_branch& branch : branches()) {
    branch.drop_task();
  }
  if (has_context_) {
    std::destroy_at(&context_);
  }
  delete waiting_;
}

// --- Stopping ---

bool fork_scope::stop(std::string_view message) noexcept {
  note_exception_from_rule();
  stopped_.store(true, std::memory_order_seq_cst);  // S1
  return cancel_branches(message);
}

// Before J1, so that T is still there.
void fork_scope::branch_failed() noexcept {
  note_exception_from_rule();
  if (!stopped_.exchange(true, std::memory_order_seq_cst)) {  // S1
    has_cancelled_parent_ = true;
    requests_before_ = task_->delivered_requests();
    task_->request_cancel();
    cancel_branches({});
  }
}

bool fork_scope::cancel_branches(std::string_view message) const noexcept {
  bool accepted = false;
  for (const fork_branch& branch : branches()) {
    accepted = branch.cancel(message) || accepted;  // S2
  }
  return accepted;
}

// In the task that forked, when one of the children it ran has thrown.
void fork_scope::give_up_not_begun() noexcept {
  fork_stack* const stack = current_context().forks;
  if (stack == nullptr) {
    return;
  }
  while (stack->top().group == this) {
    stack->pop();
    --left_;
  }
  fork* const shown = shown_of_ours(*stack);
  if (shown != nullptr && stack->take_back(*shown)) {
    --left_;
  }
}

// --- Branches ---

std::coroutine_handle<> fork_scope::begin_on_loop(std::coroutine_handle<> first) noexcept {
  for (fork_branch& branch : branches()) {
    branch.become_task(false);
  }
  return first;
}

std::coroutine_handle<> fork_scope::end_round(fork_stack& stack,
                                              std::coroutine_handle<> first) noexcept {
  if (!stack.host().forks_should_yield()) {
    return first;
  }
  task_record& task = current_task();
  task.suspend_at(first);
  stack.host().set_aside(task);
  return std::noop_coroutine();
}

void fork_branch::run_taken(work& self) { static_cast<fork_branch&>(self).become_task(true); }

void fork_branch::become_task(bool now) noexcept {
  auto& scope = static_cast<fork_scope&>(*group);
  scope.note_exception_from_rule();
  branch_record* const record = make_(*this, current_scheduler());
  record->add_reference();
  task_.store(record, std::memory_order_seq_cst);  // K1
  if (scope.stopped()) {
    record->request_cancel();
  }
  record->start(now);  // At its end the group may be gone, and with it this object.
}

bool fork_branch::cancel(std::string_view message) const noexcept {
  task_record* const record = task_.load(std::memory_order_seq_cst);  // S2
  return record != nullptr && record->request_cancel(message);
}

void fork_branch::drop_task() noexcept {
  auto* const record =
      static_cast<branch_record*>(task_.load(std::memory_order_relaxed));  // Joined.
  if (record != nullptr) {
    record->leave_group();
    record->drop_reference();
  }
}

branch_record::branch_record(scheduler& scheduler, std::coroutine_handle<> child, fork_scope& scope)
    : task_record(scheduler, child, {}, scope.copy_of_context()), scope_(&scope) {}

// Without its group it has nobody to tell: that was destroyed.
void branch_record::arrive(bool failed) noexcept {
  fork_scope* const scope = std::exchange(scope_, nullptr);
  if (scope == nullptr) {
    return;
  }
  if (failed) {
    scope->branch_failed();
  }
  scope->branch_ended();
}

}  // namespace jackdaw
