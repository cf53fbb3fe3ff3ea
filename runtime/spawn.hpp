// spawn(): a coroutine becomes a task of its own; join_handle<T>: the hold on it.
#pragma once

#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <atomic>
#include <concepts>
#include <coroutine>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// The typed half of a task record: its result.
template <class T>
class task_state final : public task_record {
 public:
  static constexpr bool result_is_shared = true;

  task_state(scheduler& scheduler, task<T> body, std::string_view name,
             context_slot&& in = context_slot::copy_of_current())
      : task_state(scheduler, body.release(), name, std::move(in)) {}
  task_state(const task_state&) = delete;
  task_state& operator=(const task_state&) = delete;
  ~task_state() override { report_if_unretrieved(); }

  /// Only when done.
  [[nodiscard]] outcome<T>& result() noexcept { return result_; }

  /// result(), for whoever awaits or asks. The first one gets the error of a cancelled task itself, with
  /// its message, later ones an error without (asyncio: _make_cancelled_error).
  [[nodiscard]] outcome<T>& look() {
    mark_retrieved();
    if (cancelled_ && !is_first_to_look()) {
      throw cancelled_error();
    }
    return result_;
  }
  [[nodiscard]] std::exception_ptr next_cancelled_error() noexcept override {
    return is_first_to_look() ? exception() : std::make_exception_ptr(cancelled_error());
  }
  [[nodiscard]] std::exception_ptr lasting_cancelled_error() const noexcept override {
    return message_lasts_ ? task_record::lasting_cancelled_error()
                          : std::make_exception_ptr(cancelled_error(std::string(), true));
  }

  [[nodiscard]] std::exception_ptr exception() const noexcept override {
    return result_.has_exception() ? result_.exception() : nullptr;
  }

  [[nodiscard]] std::source_location origin() const noexcept override {
    return std::coroutine_handle<task_promise<T>>::from_address(root().address())
        .promise()
        .origin();
  }

 protected:
  void harvest(std::coroutine_handle<> root) noexcept override {
    auto frame = std::coroutine_handle<task_promise<T>>::from_address(root.address());
    try {
      result_ = std::move(frame.promise().result());
    } catch (...) {
      result_.set_exception(std::current_exception());
    }
    // A task that a cancelled_error leaves is cancelled, whoever threw it (asyncio).
    if (result_.has_exception()) {
      try {
        std::rethrow_exception(result_.exception());
      } catch (const cancelled_error&) {
        cancelled_ = true;
      } catch (...) {
        cancelled_ = false;
      }
      discard_frames();  // A coroutine that it was given, and had no time to await, was not forgotten.
      return;
    }
    frame.destroy();
  }

  void set_cancelled(std::exception_ptr error, bool message_lasts) noexcept override {
    result_.set_exception(std::move(error));
    cancelled_ = true;
    message_lasts_ = message_lasts;
  }

 private:
  task_state(scheduler& scheduler, std::coroutine_handle<> frame, std::string_view name,
             context_slot&& in)
      : task_record(scheduler, frame, name, std::move(in)) {}

  // True if everybody gets the error itself.
  [[nodiscard]] bool is_first_to_look() noexcept {
    // L1: relaxed; who sees a task that is done sees its result.
    return message_lasts_ || !looked_at_.exchange(true, std::memory_order_relaxed);
  }

  [[no_unique_address]] outcome<T> result_;
};

/// The right to await a task, and to cancel it.
///
/// Lifetime      Dropping it has no effect on the task, unless nothing can wake that any more (on a loop:
///               asyncio/lost_tasks.hpp). Copyable: every copy may be awaited, by any number of tasks.
/// Threads       All members from any thread; awaited in a task of any runtime of the process in
///               multi-threaded mode, of the same loop in asyncio mode.
/// Errors        Awaiting throws what the task threw; cancelled_error if it was cancelled. If nobody
///               fetches an exception, the failure handler is told when the last handle is dropped.
/// Cancellation  Cancelling a task that awaits the handle cancels the awaited task; shield() does not.
/// Source        asyncio.Task.
template <class T>
class join_handle : public result_handle<T, task_state<T>> {
 public:
  using result_handle<T, task_state<T>>::result_handle;

  [[nodiscard]] std::string name() const { return record().name(); }
  void set_name(std::string_view name) const { record().set_name(name); }
  /// A request, not an order: see docs/guide.md. False if the task is done.
  bool cancel(std::string_view message = {}) const noexcept {
    return record().request_cancel(message);
  }
  [[nodiscard]] std::uint32_t cancelling() const noexcept { return record().cancelling(); }
  /// Takes one request back; returns how many remain.
  std::uint32_t uncancel() const noexcept { return record().uncancel(); }

  /// The context in which the task runs. In a pool only for the task itself, or when it is done.
  [[nodiscard]] context get_context() const { return context(record().context_of_steps().cell()); }

  /// Calls `function(join_handle)` when the task is done: see call_when_done().
  template <class F>
  done_callback_token add_done_callback(F&& function,
                                        context_slot&& in = context_slot::copy_of_current()) const {
    return call_when_done<join_handle>(this->state(), std::forward<F>(function), std::move(in));
  }
  /// Returns 1 if the callback was registered, else 0.
  std::size_t remove_done_callback(const done_callback_token& token) const noexcept {
    return token->remove_from(this->state());
  }

  [[nodiscard]] task_record& record() const noexcept { return this->state(); }
};

/// How a task begins, where a name alone does not say that: `{.name = "fetch", .eager_start = true}`.
struct task_options {
  std::string_view name = {};
  /// The first step, up to the first suspension, runs inside of the call that makes the task. What it throws
  /// is stored; its end calls the done-callbacks from the run queue, as always. On a thread that does not
  /// run the scheduler it has no effect. asyncio: eager_start.
  bool eager_start = false;
};

/// Makes `body` a task of `scheduler`. Threads: any; in asyncio mode the loop's own.
/// Errors        std::runtime_error if the scheduler has ended; `body` is destroyed then.
template <class T>
join_handle<T> spawn_on(scheduler& scheduler, task<T> body, const task_options& options = {},
                        context_slot&& in = context_slot::copy_of_current()) {
  auto* const state = new task_state<T>(scheduler, std::move(body), options.name, std::move(in));
  state->reference_for_handle();
  join_handle<T> handle(counted_reference<task_state<T>>::adopt(*state));
  try {
    state->start(options.eager_start);
  } catch (...) {
    state->discard_unstarted();
    throw;
  }
  return handle;
}

template <class T, std::convertible_to<std::string_view> Name>
join_handle<T> spawn_on(scheduler& scheduler, task<T> body, const Name& name,
                        context_slot&& in = context_slot::copy_of_current()) {
  return spawn_on(scheduler, std::move(body), task_options{.name = name}, std::move(in));
}

/// Makes `body` a task of the current scheduler, which runs it later, never inside this call unless that is
/// asked for: spawn(body, {.eager_start = true}).
///
/// Suspends      No. In asyncio mode tasks start in the order of their creation.
/// Lifetime      The task lives until it is done, whoever holds the handle. `name` is copied; without
///               one the task is called "Task-N". It runs in a copy of the current context as it is
///               now, or in the context that is given, itself: see context.hpp.
/// Errors        std::logic_error outside of a runtime; std::runtime_error if the loop is closed.
/// Cost          One record beside the frame, both from free lists; no lock that is contended.
/// Source        asyncio.create_task.
template <class T>
join_handle<T> spawn(task<T> body, const task_options& options = {},
                     context_slot&& in = context_slot::copy_of_current()) {
  return spawn_on(current_scheduler(), std::move(body), options, std::move(in));
}
template <class T, std::convertible_to<std::string_view> Name>
join_handle<T> spawn(task<T> body, const Name& name,
                     context_slot&& in = context_slot::copy_of_current()) {
  return spawn_on(current_scheduler(), std::move(body), name, std::move(in));
}

/// Calls `function(args...)`, which is a coroutine, and spawns it. The arguments are kept by the
/// coroutine's own parameters; the function must not be a lambda with captures.
template <class F, class... Args>
  requires std::invocable<F, Args...>
auto spawn_call(F function, Args&&... args) {
  return spawn(function(std::forward<Args>(args)...));
}

}  // namespace jackdaw
