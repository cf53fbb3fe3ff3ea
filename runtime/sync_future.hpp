// run_coroutine_threadsafe(): a thread outside of the runtime has a task run, and waits for its result.
//
// Two sides
// ---------
// sync_state is shared by the thread that asked (sync_future) and by the home of the task. The thread blocks
// on a condition variable; it touches the task only through a call that the home makes (call_threadsafe()),
// since a loop's tasks belong to the loop's thread. Whichever ends it first wins: the task's end, cancel(), or
// the end of a home that drops the call. The last is told by the destructor of sync_promise, which travels
// with the call and then with the task's done-callback, so nobody waits for what will not come.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/context.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task.hpp>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace jackdaw {

/// The untyped half of what both sides share.
class sync_state_base {
 public:
  explicit sync_state_base(scheduler& home) noexcept : home_(&home) {}
  sync_state_base(const sync_state_base&) = delete;
  sync_state_base& operator=(const sync_state_base&) = delete;

  [[nodiscard]] bool done() const;
  [[nodiscard]] bool cancelled() const;
  /// Asks the task to end, once.
  void pass_on_cancel();
  /// Blocks. False if `limit` is over before. Throws std::logic_error on a thread of the home.
  bool wait(std::optional<duration> limit) const;

  /// At home: there is a task now.
  void task_started(task_reference task);
  /// At home: the task is done, or will not be.
  void task_gone() noexcept;

 protected:
  virtual ~sync_state_base() = default;

  /// False if it has ended already. `set_result` is called under the lock.
  template <class F>
  bool end(bool as_cancelled, F&& set_result) {
    {
      const std::lock_guard guard(lock_);
      if (done_) {
        return false;
      }
      set_result();
      done_ = true;
      cancelled_ = as_cancelled;
    }
    changed_.notify_all();
    return true;
  }

 private:
  scheduler* home_;
  mutable std::mutex lock_;
  mutable std::condition_variable changed_;
  task_reference task_;  // Under the lock; only the home uses it.
  bool done_ = false;
  bool cancelled_ = false;
  bool cancel_passed_on_ = false;
};

template <class T>
class sync_state final : public sync_state_base {
 public:
  using sync_state_base::sync_state_base;

  void task_ended(const join_handle<T>& task) {
    end(task.cancelled(), [&] {
      if (task.cancelled()) {
        result_.set_exception(task.state().exception());
      } else {
        result_ = std::move(task.state().look());
      }
    });
  }
  bool set_cancelled() {
    return end(true, [&] { result_.set_exception(std::make_exception_ptr(cancelled_error())); });
  }
  /// Only when done.
  [[nodiscard]] outcome<T>& result() noexcept { return result_; }

 private:
  outcome<T> result_;
};

/// The home's side: ends the state if it is dropped, which a runtime that ends does with callbacks.
template <class T>
class sync_promise {
 public:
  explicit sync_promise(std::shared_ptr<sync_state<T>> state) noexcept : state_(std::move(state)) {}
  sync_promise(sync_promise&&) noexcept = default;
  sync_promise& operator=(sync_promise&&) = delete;
  ~sync_promise() {
    if (state_ != nullptr) {
      if (task_ && task_.done()) {
        state_->task_ended(task_);
      } else {
        static_cast<void>(state_->set_cancelled());
      }
      state_->task_gone();
    }
  }

  void started(const join_handle<T>& task) {
    task_ = task;
    state_->task_started(task_reference(task.record()));
  }
  void operator()(const join_handle<T>& task) const { state_->task_ended(task); }

 private:
  std::shared_ptr<sync_state<T>> state_;
  join_handle<T> task_;
};

/// The result of a task of another thread's runtime. Copies refer to the same.
///
/// Threads       Any that may block: a thread of the runtime itself would wait for itself, so get() throws
///               std::logic_error there.
/// Errors        get() throws what the task threw, cancelled_error if it was cancelled or its runtime ended,
///               timeout_error after `limit`: the task goes on then.
/// Cancellation  cancel() ends the waiting at once; the task is asked to end, and may take its time.
/// Source        concurrent.futures.Future, as run_coroutine_threadsafe() returns it.
template <class T>
class sync_future {
 public:
  explicit sync_future(std::shared_ptr<sync_state<T>> state) noexcept : state_(std::move(state)) {}

  /// Blocks until the task is done. The value stays where it is.
  shared_view<T> get(std::optional<duration> limit = std::nullopt) const& {
    wait(limit);
    return state_->result().view();
  }
  /// The same, but moves the value out.
  T get(std::optional<duration> limit = std::nullopt) && {
    wait(limit);
    return state_->result().take_value();
  }
  /// Blocks; returns what the task threw, or null. Throws as get() if it was cancelled.
  [[nodiscard]] std::exception_ptr exception(std::optional<duration> limit = std::nullopt) const {
    wait(limit);
    const outcome<T>& result = state_->result();
    if (cancelled()) {
      result.rethrow_if_exception();
    }
    return result.has_exception() ? result.exception() : nullptr;
  }
  [[nodiscard]] bool done() const { return state_->done(); }
  [[nodiscard]] bool cancelled() const { return state_->cancelled(); }
  /// False if it is done, and not by a cancellation.
  bool cancel() const {
    if (state_->set_cancelled()) {
      state_->pass_on_cancel();
    }
    return cancelled();
  }

 private:
  void wait(std::optional<duration> limit) const {
    if (!state_->wait(limit)) {
      throw timeout_error();
    }
  }

  std::shared_ptr<sync_state<T>> state_;
};

/// Makes a coroutine a task, at its home.
template <class T>
class coroutine_submission final : public outside_call {
 public:
  coroutine_submission(scheduler& home, task<T> body, std::shared_ptr<sync_state<T>> state)
      : home_(&home), body_(std::move(body)), promise_(std::move(state)) {}
  void make() override {
    const join_handle<T> task =
        spawn_on(*home_, std::move(body_), std::string_view(), std::move(context_));
    promise_.started(task);
    task.add_done_callback(std::move(promise_));
  }

 private:
  scheduler* home_;
  task<T> body_;
  sync_promise<T> promise_;
  context_slot context_ = context_slot::copy_of_current();
};

/// Makes `body` a task of `home`, which runs on other threads.
///
/// Suspends      No, and does not block.
/// Threads       Any, in or outside of a runtime. `home` lives until this returns.
/// Lifetime      The task lives until it is done, whoever holds the result. It runs in a copy of the
///               caller's context.
/// Errors        std::runtime_error if the loop is closed, or the pool has ended; `body` is destroyed then.
/// Source        asyncio.run_coroutine_threadsafe.
template <class T>
sync_future<T> run_coroutine_threadsafe(task<T> body, scheduler& home) {
  auto state = std::make_shared<sync_state<T>>(home);
  home.call_threadsafe(std::make_unique<coroutine_submission<T>>(home, std::move(body), state));
  return sync_future<T>(std::move(state));
}

}  // namespace jackdaw
