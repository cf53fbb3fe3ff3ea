// spawn(): a coroutine becomes a task of its own; join_handle<T>: the hold on it.
#pragma once

#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <atomic>
#include <concepts>
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

  task_state(scheduler& scheduler, task<T> body, std::string_view name)
      : task_state(scheduler, body.release(), name) {}
  task_state(const task_state&) = delete;
  task_state& operator=(const task_state&) = delete;
  ~task_state() override { report_if_unretrieved(); }

  /// Only when done.
  [[nodiscard]] outcome<T>& result() noexcept { return result_; }

  /// result(), for whoever awaits or asks. The first one gets the error of a cancelled task itself, with
  /// its message, later ones an error without (asyncio: _make_cancelled_error).
  [[nodiscard]] outcome<T>& look() {
    mark_retrieved();
    // L1: relaxed; who sees a task that is done sees its result.
    if (cancelled_ && looked_at_.exchange(true, std::memory_order_relaxed)) {
      throw cancelled_error();
    }
    return result_;
  }

  [[nodiscard]] std::exception_ptr exception() const noexcept override {
    return result_.has_exception() ? result_.exception() : nullptr;
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
    }
    frame.destroy();
  }

  void set_cancelled(std::exception_ptr error) noexcept override {
    result_.set_exception(std::move(error));
    cancelled_ = true;
  }

  [[nodiscard]] bool ended_cancelled() const noexcept override { return cancelled_; }

 private:
  task_state(scheduler& scheduler, std::coroutine_handle<> frame, std::string_view name)
      : task_record(scheduler, frame, name) {}

  outcome<T> result_;
  bool cancelled_ = false;
  std::atomic<bool> looked_at_{false};
};

/// The right to await a task, and to cancel it.
///
/// Lifetime      Dropping it has no effect on the task. Copyable: every copy may be awaited, by any
///               number of tasks.
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

  /// Calls `function(join_handle)` when the task is done: see call_when_done().
  template <class F>
  done_callback_token add_done_callback(F&& function) const {
    return call_when_done<join_handle>(this->state(), std::forward<F>(function));
  }
  /// Returns 1 if the callback was registered, else 0.
  std::size_t remove_done_callback(const done_callback_token& token) const noexcept {
    return token->remove();
  }

  [[nodiscard]] task_record& record() const noexcept { return this->state(); }
};

/// Makes `body` a task of `scheduler`. Threads: any; in asyncio mode the loop's own.
/// Errors        std::runtime_error if the scheduler has ended; `body` is destroyed then.
template <class T>
join_handle<T> spawn_on(scheduler& scheduler, task<T> body, std::string_view name = {}) {
  auto* const state = new task_state<T>(scheduler, std::move(body), name);
  join_handle<T> handle(*state);
  try {
    state->start();
  } catch (...) {
    state->discard_unstarted();
    throw;
  }
  return handle;
}

/// Makes `body` a task of the current scheduler, which runs it later, never inside this call.
///
/// Suspends      No. In asyncio mode tasks start in the order of their creation.
/// Lifetime      The task lives until it is done, whoever holds the handle. `name` is copied; without
///               one the task is called "Task-N".
/// Errors        std::logic_error outside of a runtime; std::runtime_error if the loop is closed.
/// Cost          One record beside the frame, both from free lists; no lock that is contended.
/// Source        asyncio.create_task.
template <class T>
join_handle<T> spawn(task<T> body, std::string_view name = {}) {
  return spawn_on(current_scheduler(), std::move(body), name);
}

/// Calls `function(args...)`, which is a coroutine, and spawns it. The arguments are kept by the
/// coroutine's own parameters; the function must not be a lambda with captures.
template <class F, class... Args>
  requires std::invocable<F, Args...>
auto spawn_call(F function, Args&&... args) {
  return spawn(function(std::forward<Args>(args)...));
}

}  // namespace jackdaw
