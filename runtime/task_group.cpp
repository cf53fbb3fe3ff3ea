// Who belongs to a group, who ends it, and how it is left.
//
// Nobody is left behind
// ---------------------
// In a pool children end on other workers, while the parent runs, waits or leaves. What they share is in
// `state`, under its lock; cancellations are made outside of the lock, since they call into others.
//
//   child that fails                              parent that leaves
//   F1  note the error; decide to abort (lock)    L1  children left? then wait for them     (lock)
//   F2  cancel the siblings, then the parent      L2  none: take back F2's request, throw   (lock)
//   F3  leave the group; the last wakes L1 (lock)
//
// A child counts as one of the group until F3, so that L2 comes after F2: otherwise a request could be made
// when it has been taken back already, and would cancel what comes after the group.
// In a pool a task is put in the list before it starts: whoever aborts finds it there.
//
// `state` is shared with the children, since a loop that is closed destroys the parent's frames, and the
// group in them, before those of some children.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task_group.hpp>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw {

class task_group::state : public pooled {
 public:
  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  void add_reference() noexcept;
  void drop_reference() noexcept;

  void enter();
  void require_open() const;
  [[nodiscard]] task_record& parent() const noexcept { return *parent_; }
  void start(task_record& record);
  [[nodiscard]] static task_record* parent_of(const completion_node& node) noexcept {
    return node.notify == &child::notified ? static_cast<const child&>(node).group->parent_.get()
                                           : nullptr;
  }

  void begin_exit(const std::exception_ptr& error);
  /// L1: what to wait for; empty if there are no children left.
  [[nodiscard]] std::optional<future<void>> expect_end();
  /// Cancels all children. False if that has been done before.
  bool abort();
  /// L2: throws what has to be thrown.
  void finish(const std::exception_ptr& error, std::exception_ptr cancellation);
  /// The group goes without having been left.
  void abandon() noexcept;

 private:
  struct child : completion_node, work, list_links, pooled {
    child(state& owner, task_record& started) noexcept
        : completion_node(&child::notified), work(&child::ended), group(owner), task(started) {}
    static void notified(completion_node& self) noexcept;
    static void ended(work& self);
    counted_reference<state> group;
    task_reference task;
  };

  ~state() = default;
  [[nodiscard]] bool has_children() const;
  [[nodiscard]] std::string why_closed() const;
  [[nodiscard]] std::string description() const;
  [[nodiscard]] std::vector<task_reference> begin_abort();
  void start_alone(task_record& record);
  void start_among_others(task_record& record);
  void child_failed(const std::exception_ptr& error) noexcept;
  void remove(child& ended) noexcept;

  std::atomic<unsigned> references_{1};
  task_reference parent_;  // Set once, by enter().
  mutable spin_lock lock_;
  // Under the lock.
  intrusive_list<child> children_;  // In the order of creation.
  std::vector<std::exception_ptr> errors_;
  std::exception_ptr order_to_end_;  // asyncio: _base_error.
  std::optional<future<void>> all_ended_;
  bool entered_ = false;
  bool exiting_ = false;
  bool aborting_ = false;
  bool parent_cancel_requested_ = false;
  bool abandoned_ = false;
};

namespace {

void cancel_unfinished(const std::vector<task_reference>& tasks) {
  for (const task_reference& task : tasks) {
    if (!task->done()) {
      task->request_cancel();
    }
  }
}

}  // namespace

void task_group::state::add_reference() noexcept {
  references_.fetch_add(1, std::memory_order_relaxed);  // As F1 of future_base.
}

void task_group::state::drop_reference() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {  // As F2 of future_base.
    delete this;
  }
}

std::string task_group::state::description() const {
  std::string text = "<TaskGroup";
  if (const std::size_t tasks = children_.count(); tasks > 0) {
    text += " tasks=" + std::to_string(tasks);
  }
  if (!errors_.empty()) {
    text += " errors=" + std::to_string(errors_.size());
  }
  return text + (aborting_ ? " cancelling>" : entered_ ? " entered>" : ">");
}

std::string task_group::state::why_closed() const {
  if (!entered_) {
    return "TaskGroup " + description() + " has not been entered";
  }
  if (exiting_ && children_.empty()) {
    return "TaskGroup " + description() + " is finished";
  }
  if (aborting_) {
    return "TaskGroup " + description() + " is shutting down";
  }
  return {};
}

void task_group::state::require_open() const {
  std::string refusal;
  {
    const std::lock_guard guard(lock_);
    refusal = why_closed();
  }
  if (!refusal.empty()) {
    throw std::runtime_error(refusal);
  }
}

void task_group::state::enter() {
  const std::lock_guard guard(lock_);
  if (entered_) {
    throw std::runtime_error("TaskGroup " + description() + " has already been entered");
  }
  parent_ = task_reference(current_task());
  entered_ = true;
}

void task_group::state::start(task_record& record) {
  if (record.home().concurrent()) {
    start_among_others(record);
  } else {
    start_alone(record);
  }
}

// In a loop nobody comes between. As in asyncio, a task that starts eagerly belongs to the group only if its
// first step has not been its last; else its end is dealt with at once.
void task_group::state::start_alone(task_record& record) {
  try {
    record.start();
  } catch (...) {
    record.discard_unstarted();
    throw;
  }
  auto* const added = new child(*this, record);
  children_.push_back(*added);
  if (!record.add_completion(*added)) {
    child::ended(*added);
  }
}

void task_group::state::start_among_others(task_record& record) {
  auto* const added = new child(*this, record);
  std::string refusal;
  {
    const std::lock_guard guard(lock_);
    refusal = why_closed();  // Once more: others may have failed meanwhile.
    if (refusal.empty()) {
      children_.push_back(*added);
    }
  }
  if (!refusal.empty()) {
    delete added;
    record.discard_unstarted();
    throw std::runtime_error(refusal);
  }
  static_cast<void>(record.add_completion(*added));  // It has not started, so it is not done.
  try {
    record.start();
  } catch (...) {
    static_cast<void>(record.remove_completion(*added));
    remove(*added);
    record.discard_unstarted();
    throw;
  }
}

// As gather() does: in the loop one turn after the end of the child, the third hop.
void task_group::state::child::notified(completion_node& self) noexcept {
  auto& own = static_cast<child&>(self);
  own.task->home().run_callback(own);
}

void task_group::state::child::ended(work& self) {
  auto& own = static_cast<child&>(self);
  const std::exception_ptr error = own.task->exception();
  if (error != nullptr && !own.task->cancelled()) {
    own.task->mark_retrieved();
    own.group->child_failed(error);  // F1, F2
  }
  own.group->remove(own);  // F3
}

void task_group::state::child_failed(const std::exception_ptr& error) noexcept {
  std::vector<task_reference> siblings;
  {
    const std::lock_guard guard(lock_);
    errors_.push_back(error);
    if (order_to_end_ == nullptr && is_order_to_end(error)) {
      order_to_end_ = error;
    }
    if (aborting_ || parent_cancel_requested_ || abandoned_) {
      return;
    }
    siblings = begin_abort();
    parent_cancel_requested_ = true;
  }
  cancel_unfinished(siblings);
  parent_->request_cancel();
}

void task_group::state::remove(child& ended) noexcept {
  const counted_reference<state> keeps(*this);
  std::optional<future<void>> waits;
  {
    const std::lock_guard guard(lock_);
    intrusive_list<child>::remove(ended);
    if (children_.empty()) {
      waits.swap(all_ended_);
    }
  }
  delete &ended;
  if (waits) {
    static_cast<void>(waits->state().set_value());  // False if the parent's wait was cancelled.
  }
}

std::vector<task_reference> task_group::state::begin_abort() {
  aborting_ = true;
  std::vector<task_reference> tasks;
  for (const child* each = children_.front(); each != nullptr; each = children_.next_of(*each)) {
    tasks.push_back(each->task);
  }
  return tasks;
}

bool task_group::state::abort() {
  std::vector<task_reference> tasks;
  {
    const std::lock_guard guard(lock_);
    if (aborting_) {
      return false;
    }
    tasks = begin_abort();
  }
  cancel_unfinished(tasks);
  return true;
}

void task_group::state::begin_exit(const std::exception_ptr& error) {
  {
    const std::lock_guard guard(lock_);
    exiting_ = true;
    if (error != nullptr && order_to_end_ == nullptr && is_order_to_end(error)) {
      order_to_end_ = error;
    }
  }
  if (error != nullptr) {
    abort();
  }
}

bool task_group::state::has_children() const {
  const std::lock_guard guard(lock_);
  return !children_.empty();
}

std::optional<future<void>> task_group::state::expect_end() {
  if (!has_children()) {
    return std::nullopt;
  }
  future<void> ended(parent_->home());
  const std::lock_guard guard(lock_);
  if (children_.empty()) {
    return std::nullopt;
  }
  return all_ended_ = std::move(ended);
}

// No child is left, so nobody else changes anything.
void task_group::state::finish(const std::exception_ptr& error, std::exception_ptr cancellation) {
  std::vector<std::exception_ptr> errors;
  {
    const std::lock_guard guard(lock_);
    errors.swap(errors_);
  }
  task_record& parent = *parent_;
  if (order_to_end_ != nullptr) {
    if (parent_cancel_requested_ && parent.home().concurrent()) {
      // Our request may have come while the parent ran on another worker, and be undelivered. It is not
      // taken back (asyncio), but the order stands for it, if there is no other.
      parent.forget_due_request(1);
    }
    std::rethrow_exception(order_to_end_);
  }
  if (parent_cancel_requested_ && parent.uncancel() == 0) {
    cancellation = nullptr;
  }
  if (cancellation != nullptr && errors.empty()) {
    std::rethrow_exception(cancellation);
  }
  if (error != nullptr && !is_error<cancelled_error>(error)) {
    errors.push_back(error);
  }
  if (!errors.empty()) {
    if (parent.cancelling() > 0) {
      // Cancelled by others: the errors go first, and the cancellation is due at the next suspension.
      parent.uncancel();
      parent.request_cancel();
    }
    std::rethrow_exception(
        make_exception_group("unhandled errors in a TaskGroup", std::move(errors)));
  }
}

void task_group::state::abandon() noexcept {
  const std::lock_guard guard(lock_);
  abandoned_ = true;
}

task_record* task_group::parent_of(const completion_node& node) noexcept {
  return state::parent_of(node);
}

task_group::task_group() : state_(new state) {}

task_group::~task_group() {
  state_->abandon();
  state_->drop_reference();
}

void task_group::enter() { state_->enter(); }

void task_group::require_open() const { state_->require_open(); }

scheduler& task_group::home() const noexcept { return state_->parent().home(); }

void task_group::start(task_record& record) { state_->start(record); }

task<void> task_group::leave(std::exception_ptr error) {
  state_->begin_exit(error);
  std::exception_ptr cancellation;
  if (is_error<cancelled_error>(error)) {
    cancellation = error;
  }
  while (true) {
    const std::optional<future<void>> all_ended = state_->expect_end();
    if (!all_ended) {
      break;
    }
    try {
      co_await *all_ended;
    } catch (const cancelled_error&) {
      if (state_->abort()) {  // Otherwise it is absorbed: all are about to end.
        cancellation = std::current_exception();
      }
    }
  }
  state_->finish(error, cancellation);
}

}  // namespace jackdaw
