// spawn(): a coroutine becomes a task of its own; join_handle<T>: the hold on it.
#pragma once

#include <jackdaw/runtime/exceptions.hpp>
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

/// The wait for the end of a task. A cancellation of the waiter is passed on to the awaited task, as
/// asyncio does: whether it ends the wait is that task's decision.
class join_wait : public cancel_hook {
 public:
  explicit join_wait(task_record& target) noexcept
      : cancel_hook(&join_wait::pass_on), target_(&target), node_(*this) {}
  join_wait(const join_wait&) = delete;
  join_wait& operator=(const join_wait&) = delete;
  ~join_wait();

  [[nodiscard]] bool await_ready() const noexcept { return target_->done(); }
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept;
  /// Throws if a cancellation arrived after the target was done, or the task awaited itself.
  void finish();

 private:
  static bool pass_on(cancel_hook& self, std::string_view message) noexcept;

  struct node : completion_node {
    explicit node(join_wait& owner) noexcept : completion_node(&node::notified), wait(&owner) {}
    static void notified(completion_node& self) noexcept;
    join_wait* wait;
  };

  task_record* target_;
  task_record* waiter_ = nullptr;
  node node_;
  bool registered_ = false;
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
class join_handle {
 public:
  join_handle() noexcept = default;
  explicit join_handle(task_state<T>& state) noexcept : task_(state) {}

  explicit operator bool() const noexcept { return static_cast<bool>(task_); }
  [[nodiscard]] bool done() const noexcept { return task_->done(); }
  [[nodiscard]] bool cancelled() const noexcept { return task_->cancelled(); }
  [[nodiscard]] std::string name() const { return task_->name(); }
  /// A request, not an order: see docs/guide.md. False if the task is done.
  bool cancel(std::string_view message = {}) const noexcept {
    return task_->request_cancel(message);
  }
  [[nodiscard]] std::uint32_t cancelling() const noexcept { return task_->cancelling(); }
  /// The exception of a task that is done, or null. Throws invalid_state_error before, and
  /// cancelled_error if the task was cancelled.
  [[nodiscard]] std::exception_ptr exception() const {
    require_done("Exception is not set.");
    const outcome<T>& result = state().look();
    if (task_->cancelled()) {
      result.rethrow_if_exception();
    }
    return task_->exception();
  }
  /// The result of a task that is done; throws what it threw, or invalid_state_error before.
  shared_view<T> result() const {
    require_done("Result is not set.");
    return state().look().view();
  }

  [[nodiscard]] task_record& record() const noexcept { return *task_; }

  class awaiter_base {
   public:
    explicit awaiter_base(task_reference task) noexcept : task_(std::move(task)), wait_(*task_) {}
    [[nodiscard]] bool await_ready() const noexcept { return wait_.await_ready(); }
    bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
      return wait_.await_suspend(awaiting);
    }

   protected:
    outcome<T>& fetch() {
      wait_.finish();
      return static_cast<task_state<T>&>(*task_).look();
    }
    [[nodiscard]] bool sole_owner() const noexcept { return !task_->shared(); }

   private:
    task_reference task_;
    join_wait wait_;
  };

  /// Of an lvalue: the result stays where it is, for others to see.
  class shared_awaiter : public awaiter_base {
   public:
    using awaiter_base::awaiter_base;
    shared_view<T> await_resume() { return this->fetch().view(); }
  };

  /// Of an rvalue: the result is moved out if nobody else holds the task, else copied. One that cannot
  /// be copied is moved in any case.
  class unique_awaiter : public awaiter_base {
   public:
    using awaiter_base::awaiter_base;
    T await_resume() {
      outcome<T>& result = this->fetch();
      if constexpr (std::is_object_v<T> && std::is_copy_constructible_v<T>) {
        if (!this->sole_owner()) {
          return std::as_const(result).value();
        }
      }
      return result.take_value();
    }
  };

  shared_awaiter operator co_await() const& noexcept { return shared_awaiter(task_); }
  unique_awaiter operator co_await() && noexcept { return unique_awaiter(std::move(task_)); }

 private:
  [[nodiscard]] task_state<T>& state() const noexcept {
    return static_cast<task_state<T>&>(*task_);
  }
  void require_done(const char* otherwise) const {
    if (!task_->done()) {
      throw invalid_state_error(otherwise);
    }
  }

  task_reference task_;
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
