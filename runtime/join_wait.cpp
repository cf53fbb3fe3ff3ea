// Waiting for the end of a task or a future.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/run_slot.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <stdexcept>

namespace jackdaw {
join_wait::~join_wait() {
  if (registered_) {
    target_->remove_completion(node_);
    end_registration();
  }
}

// For a loop, which looks for tasks that nothing can wake (asyncio/lost_tasks.hpp). The awaiter has a reference
// to the target, and that of the waiter which stands for its being about to run means nothing meanwhile.
void join_wait::begin_registration() noexcept {
  registered_ = true;
  if (waiter_->single_threaded()) {
    target_->count_reference_of_wait();
    waiter_->count_reference_of_wait();
    if (target_->held_by_waits_only()) {
      waiter_->home().may_be_lost(*target_);
    }
  }
}

void join_wait::end_registration() noexcept {
  registered_ = false;
  if (waiter_->single_threaded()) {
    target_->discount_reference_of_wait();
    waiter_->discount_reference_of_wait();
  }
}

namespace {

// The task that this worker would run next, if that is `awaited`; else null.
task_record* next_task(const future_base& awaited) noexcept {
  const run_slot* const slot = current_context().slot;
  if (slot == nullptr || slot->next == nullptr || !task_record::is_step(*slot->next)) {
    return nullptr;
  }
  auto& next = static_cast<task_record&>(*slot->next);
  return &next == &awaited ? &next : nullptr;
}

}  // namespace

std::coroutine_handle<> join_wait::await_suspend(std::coroutine_handle<> awaiting) noexcept {
  task_record& waiter = current_task();
  waiter_ = &waiter;
  waiter.suspend_at(awaiting);
  if (target_ == &waiter) {
    mistake_ = mistake::awaits_itself;
  } else if (&target_->home() != &waiter.home() &&
             (target_->single_threaded() || waiter.single_threaded())) {
    mistake_ = mistake::other_loop;
  }
  if (mistake_ != mistake::none) {
    waiter.schedule();  // asyncio: thrown one turn later.
    return task_record::hand_over();
  }
  // Armed before it is registered: a target that ends meanwhile finds a waiter to wake.
  // arm() with a hook cannot fail; a cancellation that was due went to the target.
  begin_registration();
  if (!waiter.arm(this)) {
    waiter.schedule();
    return task_record::hand_over();
  }
  if (task_record* const next = next_task(*target_); next != nullptr && next->run_for(waiter)) {
    if (target_->done() && waiter.wake()) {
      return awaiting;
    }
  }
  if (!target_->add_completion(node_)) {
    // Done since await_ready(): we end our own wait, unless a canceller is about to.
    waiter.wake_and_schedule();
  }
  return task_record::hand_over();
}

void join_wait::finish() {
  if (waiter_ == nullptr) {
    return;  // Never suspended: a cancellation, if there is one, waits for a suspension.
  }
  if (registered_) {
    end_registration();
  }
  if (mistake_ != mistake::none) {
    if (waiter_->take_cancellation()) {
      waiter_->throw_cancelled();
    }
    throw_mistake();
  }
  if (waiter_->end_wait() != wait_end::cancelled) {
    return;
  }
  if (target_->done()) {
    // asyncio looks at the result before the cancellation takes its place (test: "an exception that a
    // cancellation takes the place of counts as seen").
    target_->mark_retrieved();
    // A cancelled_error of the target goes before a later request's (asyncio: S71). Not cancelled():
    // a gather() that was cancelled has that error and is not cancelled itself.
    if (is_error<cancelled_error>(target_->exception())) {
      return;
    }
  }
  waiter_->throw_cancelled();
}

void join_wait::throw_mistake() const {
  if (mistake_ == mistake::awaits_itself) {
    throw std::runtime_error("Task cannot await on itself: " + waiter_->name());
  }
  throw std::runtime_error("Task " + waiter_->name() +
                           " awaits a task or future that is attached to a different loop");
}

bool join_wait::pass_on(cancel_hook& self, std::string_view message) noexcept {
  return static_cast<join_wait&>(self).target_->request_cancel(message);
}

bool join_wait::abandon(cancel_hook& self) noexcept {
  auto& wait = static_cast<join_wait&>(self);
  return wait.target_->remove_completion(wait.node_);
}

future_base* join_wait::target_of(const task_record& task) noexcept {
  const cancel_hook* const hook = task.hook_of_wait();
  return hook != nullptr && hook->asks(&join_wait::pass_on)
             ? static_cast<const join_wait*>(hook)->target_
             : nullptr;
}

void join_wait::silence(const cancel_hook& hook) noexcept {
  if (hook.asks(&join_wait::pass_on)) {
    static_cast<const join_wait&>(hook).target_->mark_retrieved();
  }
}

task_record* join_wait::waiter_of(const completion_node& other) noexcept {
  return other.notify == &node::notified ? static_cast<const node&>(other).wait->waiter_ : nullptr;
}

void join_wait::node::notified(completion_node& self) noexcept {
  static_cast<node&>(self).wait->waiter_->wake_and_schedule();
}

}  // namespace jackdaw
