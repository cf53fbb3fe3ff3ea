// The transitions of a task's word, its steps, and its end.
#include <jackdaw/runtime/base/only_thread.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/fork_stack.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/run_slot.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <thread>
#include <utility>

namespace jackdaw {
namespace {

// asyncio numbers its unnamed tasks over the whole process, from 1, in the order of their creation. In a pool
// that order says nothing, and a task gets a number when somebody asks for its name.
std::atomic<std::uint64_t> tasks_numbered{0};

std::uint64_t next_number() noexcept {
  // M1: relaxed; the number only has to be unique.
  return fetch_add(tasks_numbered, std::uint64_t{1}, std::memory_order_relaxed) + 1;
}

std::string name_by_number(std::uint64_t number) { return "Task-" + std::to_string(number); }

// Tasks that wait for tasks are cancelled by recursion, leaf first. What is deeper than this is left to
// the run loop, so that a chain of any length needs little stack.
constexpr unsigned cancel_depth_max = 200;

// The tasks in whose hooks this thread is, innermost first.
struct cancel_step {
  const task_record* task;
  const cancel_step* above;
  unsigned depth;
};
constinit thread_local const cancel_step* cancel_steps = nullptr;

unsigned cancel_depth() noexcept { return cancel_steps != nullptr ? cancel_steps->depth : 0; }

bool is_in_hook_of(const task_record& task) noexcept {
  const cancel_step* step = cancel_steps;
  while (step != nullptr && step->task != &task) {
    step = step->above;
  }
  return step != nullptr;
}

}  // namespace

task_record::task_record(scheduler& scheduler, std::coroutine_handle<> root, std::string_view name,
                         context_slot&& in)
    : work(&task_record::run_step),
      future_base(scheduler),
      root_(root),
      resume_point_(root),
      context_(std::move(in)) {
  if (!name.empty()) {
    set_name(name);
  } else if (single_threaded_) {
    const std::uint64_t number = next_number();
    number_ = static_cast<std::uint32_t>(number);
    if (number_ != number) [[unlikely]] {
      set_name(name_by_number(number));
    }
  }
}

task_record::~task_record() = default;

// A cancellation was due when the wait began.
bool task_record::arm_with_request(task_word::armed begun) noexcept {
  if (begun == task_word::armed::cancelled) {
    return false;
  }
  cancel_through_hook(copy_message());
  return true;
}

// With hook_busy set by the caller. Its clearing is the last access: end_wait() waits for it.
void task_record::cancel_through_hook(std::string_view message) noexcept {
  const cancel_step step{this, cancel_steps, cancel_depth() + 1};
  cancel_steps = &step;
  const bool passed_on = hook_->cancel_wait(message);
  cancel_steps = step.above;
  if (!passed_on) {
    note_message(message);
  }
  change(hook_busy, passed_on ? 0 : must_cancel);
}

// A request that was noted because the chain above it was too deep. If the wait has ended by itself
// meanwhile, its end has delivered the request or will.
void task_record::pass_on_noted_request() noexcept {
  auto seen = word_.load(std::memory_order_acquire);  // As T1.
  constexpr std::uint32_t noted = phase_waiting | has_hook | must_cancel;
  while ((seen & (phase_mask | has_hook | must_cancel | hook_busy)) == noted) {
    if (try_change(seen, (seen & ~must_cancel) | hook_busy)) {
      cancel_through_hook(copy_message());
      return;
    }
  }
}

wait_end task_record::end_wait_keeping_result() noexcept {
  const auto ended = word().end_phase(0);
  return (ended & phase_mask) == phase_cancelled ? wait_end::cancelled : wait_end::woken;
}

bool task_record::take_cancellation() noexcept {
  if (!cancellation_is_due()) {
    return false;
  }
  return (change(must_cancel, 0) & must_cancel) != 0;
}

void task_record::owe_cancellation() noexcept { change(0, must_cancel); }

void task_record::throw_cancelled() { throw cancelled_error(take_message()); }

void task_record::wake_and_schedule() noexcept {
  if (wake()) {
    schedule();
  }
}

void task_record::schedule_elsewhere() noexcept { scheduler_->schedule(*this); }

// The frame that holds the hook stays: it is we who are inside of it, further up this stack.
void task_record::end_wait_in_circle(std::string_view message) noexcept {
  store_message(message);
  if (hook_->abandon_wait()) {
    change(phase_mask, phase_cancelled);
    schedule();
  } else {
    change(0, must_cancel);  // The end of the wait is on its way, and delivers it.
  }
}

// Continues a cancellation from the run loop, on an empty stack.
struct task_record::noted_request : work, pooled {
  explicit noted_request(task_record& record) : work(&noted_request::deliver), task(record) {}

  static void deliver(work& self) {
    const std::unique_ptr<noted_request> request(&static_cast<noted_request&>(self));
    request->task->pass_on_noted_request();
  }

  task_reference task;
};

bool task_record::request_cancel(std::string_view message) noexcept {
  if (done()) {
    mark_retrieved();  // asyncio: cancel() of a failed task silences its report.
    return false;
  }
  if (single_threaded_ && !scheduler_->is_this_thread()) {
    request_cancel_from_outside(message);
    return true;
  }
  auto seen = word_.load(std::memory_order_acquire);  // As T1.
  while (true) {
    if ((seen & is_done) != 0) {
      return false;
    }
    if ((seen & hook_busy) != 0) {
      if (is_in_hook_of(*this)) {
        // Tasks that wait for each other in a circle: it is broken here, where it closes.
        if (try_change(seen, seen + one_request)) {
          end_wait_in_circle(message);
          return true;
        }
      } else if (cancel_depth() != 0) {
        // Another canceller is inside the hook, and may wait for a hook that we are inside of: we must
        // not wait for it. The end of the wait delivers both requests.
        if (try_change(seen, (seen | must_cancel) + one_request)) {
          return true;
        }
      } else {
        // Its work is short, and ours starts from its result.
        std::this_thread::yield();
        seen = word_.load(std::memory_order_acquire);  // As T1.
      }
      continue;
    }
    const auto phase = seen & phase_mask;
    if (phase != phase_waiting) {
      if (phase != phase_cancelled) {  // A cancellation under way keeps its own message.
        store_message(message);
      }
      note_message(message);
      if (single_threaded_ && (seen & has_hook) != 0) {
        join_wait::silence(*hook_);
      }
      if (try_change(seen, (seen | must_cancel) + one_request)) {
        return true;
      }
    } else if ((seen & has_hook) == 0) {
      store_message(message);
      if (try_change(seen, with_phase(seen, phase_cancelled) + one_request)) {
        schedule();
        return true;
      }
    } else if (cancel_depth() >= cancel_depth_max) {
      store_message(message);
      if (try_change(seen, (seen | must_cancel) + one_request)) {
        scheduler_->schedule(*new noted_request(*this));
        return true;
      }
    } else if (try_change(seen, (seen | hook_busy) + one_request)) {
      store_message(message);
      cancel_through_hook(message);
      return true;
    }
  }
}

namespace {

// A cancellation on its way to the thread of a single-threaded scheduler.
struct cancel_message : work, pooled {
  cancel_message(task_record& record, std::string_view text)
      : work(&cancel_message::deliver), task(record), message(text) {}

  static void deliver(work& self) {
    const std::unique_ptr<cancel_message> request(&static_cast<cancel_message&>(self));
    request->task->request_cancel(request->message);
  }

  task_reference task;
  std::string message;
};

}  // namespace

void task_record::request_cancel_from_outside(std::string_view message) noexcept {
  scheduler_->schedule(*new cancel_message(*this, message));
}

std::uint32_t task_record::cancelling() const noexcept {
  // R1: relaxed; a count that no other data depends on.
  return requests_in(word_.load(std::memory_order_relaxed));
}

std::uint32_t task_record::delivered_requests() const noexcept {
  const auto seen = word_.load(std::memory_order_relaxed);  // S2
  return requests_in(seen) - ((seen & must_cancel) != 0 && requests_in(seen) > 0 ? 1 : 0);
}

std::uint32_t task_record::take_back_request(std::uint32_t forgotten_at) noexcept {
  auto seen = word_.load(std::memory_order_relaxed);  // A guess that T1 validates.
  while (true) {
    if (requests_in(seen) == 0) {
      return 0;
    }
    const auto next = seen - one_request;
    const auto left = requests_in(next);
    if (try_change(seen, left <= forgotten_at ? next & ~must_cancel : next)) {
      return left;
    }
  }
}

void task_record::forget_due_request(std::uint32_t requests_max) noexcept {
  auto seen = word_.load(std::memory_order_relaxed);  // A guess that T1 validates.
  while (requests_in(seen) <= requests_max && !try_change(seen, seen & ~must_cancel)) {
  }
}

bool task_record::wait_cancelled() const noexcept {
  // As T1.
  return (word_.load(std::memory_order_acquire) & phase_mask) == phase_cancelled;
}

const cancel_hook* task_record::hook_of_wait() const noexcept {
  // S3: relaxed; all changes are the loop's own, or those of nobody.
  const auto word = word_.load(std::memory_order_relaxed);
  return flags_in(word) == (phase_waiting | has_hook) ? hook_ : nullptr;
}

std::string task_record::name() const {
  const std::lock_guard guard(lock_);
  if (rare() != nullptr && rare()->named) {
    return rare()->name;
  }
  while (number_ == 0) {
    number_ = static_cast<std::uint32_t>(next_number());  // Of those that live, it is the only one.
  }
  return name_by_number(number_);
}

void task_record::set_name(std::string_view name) {
  std::string copy(name);
  auto made = std::make_unique<rarities>();
  const std::lock_guard guard(lock_);
  rarities& here = make_rare(made);
  here.name.swap(copy);
  here.named = true;
}

void task_record::start(bool eagerly) {
  scheduler_->task_spawned(*this);
  if (eagerly || scheduler_->starts_eagerly()) [[unlikely]] {
    if (execution_context& context = current_context(); context.scheduler == scheduler_) {
      task_record* const creator = context.task;
      run_inside(context.slot);
      context.task = creator;
      return;
    }
  }
  schedule();
}

void task_record::begin() noexcept {
  scheduler_->task_begins(*this);
  run_step(*this);
}

void task_record::discard_frames() noexcept {
  execution_context& context = current_context();
  const bool before = std::exchange(context.discards_frames, true);
  root_.destroy();
  context.discards_frames = before;
}

void task_record::run_step(work& self) {
  auto& task = static_cast<task_record&>(self);
  auto& context = current_context();
  if (!task.started_) [[unlikely]] {
    task.started_ = true;
    // asyncio: a task that is cancelled before its first step never runs at all.
    if (task.take_cancellation()) {
      task.discard_frames();
      task.set_cancelled(std::make_exception_ptr(cancelled_error(task.take_message())));
      task.publish_done();
      return;
    }
  }
  context.task = &task;
  task.resume_point_.resume();
  // From here on `task` may run elsewhere, or be gone. Others may have run after it (hand_over()): if one has
  // ended on this thread just now, it is the last of them.
  task_record* const last = context.task;
  context.task = nullptr;
  if (context.task_ended) {
    context.task_ended = false;
    last->complete();
  }
}

// True if what is next may run where a task of `context` suspends. Forks that the task has left go first into the queue.
bool task_record::may_hand_over(const execution_context& context) noexcept {
  return context.slot != nullptr && context.slot->may_hand_over() && context.forks->empty();
}

// Only what has begun: a first step may be one that never runs. Null: `item` is for the run loop.
task_record* task_record::begun(work& item) noexcept {
  if (!is_step(item)) {
    return nullptr;
  }
  auto& task = static_cast<task_record&>(item);
  return task.started_ ? &task : nullptr;
}

std::coroutine_handle<> task_record::hand_over() noexcept {
  execution_context& context = current_context();
  run_slot* const slot = context.slot;
  if (slot == nullptr || slot->next == nullptr || !may_hand_over(context)) {
    return std::noop_coroutine();
  }
  task_record* const task = begun(*slot->next);
  if (task == nullptr) {
    return std::noop_coroutine();
  }
  slot->next = nullptr;
  slot->count_next();
  context.task = task;
  return task->resume_point_;
}

std::coroutine_handle<> task_record::give_way() noexcept {
  execution_context& context = current_context();
  run_slot* const slot = context.slot;
  if (slot == nullptr || slot->next != nullptr || !may_hand_over(context)) {
    scheduler_->schedule_last(*this);
    return hand_over();
  }
  work* const item = slot->take_turn(*this);
  if (item == nullptr) {
    return std::noop_coroutine();
  }
  task_record* const task = begun(*item);
  if (task == nullptr) {
    slot->next = item;
    return std::noop_coroutine();
  }
  slot->resumptions.add(1);
  context.task = task;
  return task->resume_point_;
}

// Inside of another task's step. Null: on a loop.
void task_record::run_inside(run_slot* slot) {
  if (slot != nullptr) {
    ++slot->depth;
  }
  run_step(*this);
  if (slot != nullptr) {
    --slot->depth;
  }
}

bool task_record::run_for(task_record& waiter) noexcept {
  execution_context& context = current_context();
  run_slot* const slot = context.slot;
  if (slot == nullptr || slot->next != static_cast<work*>(this) || !slot->may_run_next()) {
    return false;
  }
  slot->next = nullptr;
  slot->count_next();
  run_inside(slot);
  if (done()) {
    slot->count_next();  // The waiter, which goes on.
  }
  context.task = &waiter;
  return true;
}

void task_record::complete() noexcept {
  harvest(root_);
  publish_done();
}

// The end competes with cancellations: a request that was accepted before it discards a result that has
// not been published (asyncio: "cancel at the end loses the result"); an exception wins.
void task_record::end() noexcept {
  auto seen = word_.load(std::memory_order_acquire);  // As T1.
  while (true) {
    if ((seen & must_cancel) == 0) {
      if (try_change(seen, seen | is_done)) {
        return;
      }
    } else if (try_change(seen, seen & ~must_cancel)) {
      if (exception() == nullptr) {
        set_cancelled(std::make_exception_ptr(cancelled_error(take_message())), true);
      }
      seen &= ~must_cancel;
    }
  }
}

void task_record::publish_done() noexcept {
  if (exception() != nullptr && !ended_cancelled()) [[unlikely]] {
    const std::lock_guard guard(lock_);
    expect_retrieval();
  }
  end();
  auto waiting = take_completions();
  scheduler_->task_finished(*this);
  tell(waiting);
  drop_reference();
}

void task_record::discard_unstarted() noexcept {
  JACKDAW_ASSERT(!linked());
  discard_frames();
  set_cancelled(std::make_exception_ptr(cancelled_error()));
  change(0, is_done);
  drop_reference();
}

void task_record::destroy_pending() noexcept {
  discard_frames();
  set_cancelled(std::make_exception_ptr(cancelled_error()));
  publish_done();
}

void task_record::report_if_unretrieved() noexcept {
  if (!is_unretrieved()) {
    return;
  }
  const context_scope scope(context_);  // asyncio: S173.
  future_base::report_if_unretrieved("Task exception was never retrieved", name());
}

}  // namespace jackdaw
