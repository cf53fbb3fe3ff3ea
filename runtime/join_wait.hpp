// Awaiting something that others may await too: a task or a future.
#pragma once

#include <jackdaw/runtime/done_callback.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// The wait for the end of a task or future. A cancellation of the waiter is passed on to what it waits
/// for, as asyncio does: a future is cancelled by it, and whether a task is, is that task's decision.
class join_wait : public cancel_hook {
 public:
  explicit join_wait(future_base& target) noexcept
      : cancel_hook(&join_wait::pass_on, &join_wait::abandon), target_(&target), node_(*this) {}
  join_wait(const join_wait&) = delete;
  join_wait& operator=(const join_wait&) = delete;
  ~join_wait();

  [[nodiscard]] bool await_ready() const noexcept { return target_->done(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept;
  /// Throws if a cancellation arrived after the target was done, or the wait made no sense.
  void finish();

  /// The task that waits, if `node` is of a wait like this one; else null. For call graphs.
  [[nodiscard]] static task_record* waiter_of(const completion_node& node) noexcept;
  /// What `task` waits for, if it is suspended in a wait like this one that nothing has ended; else null.
  [[nodiscard]] static future_base* target_of(const task_record& task) noexcept;
  /// The wait of `hook` has ended, if it is one like this, and the task is cancelled before it goes on: asyncio
  /// passes that on all the same, and cancel() of what has failed silences its report. On a loop.
  static void silence(const cancel_hook& hook) noexcept;

 private:
  enum class mistake : std::uint8_t { none, awaits_itself, other_loop };

  static bool pass_on(cancel_hook& self, std::string_view message) noexcept;
  static bool abandon(cancel_hook& self) noexcept;
  [[noreturn]] void throw_mistake() const;
  void begin_registration() noexcept;
  void end_registration() noexcept;

  struct node : completion_node {
    explicit node(join_wait& owner) noexcept : completion_node(&node::notified), wait(&owner) {}
    static void notified(completion_node& self) noexcept;
    join_wait* wait;
  };

  future_base* target_;
  task_record* waiter_ = nullptr;
  node node_;
  bool registered_ = false;
  mistake mistake_ = mistake::none;
};

/// What handles of tasks and futures have in common. `State` is a future_base that has look().
template <class T, class State>
class result_handle {
 public:
  using value_type = T;

  result_handle() noexcept = default;
  explicit result_handle(State& state) noexcept : state_(state) {}
  explicit result_handle(counted_reference<State> state) noexcept : state_(std::move(state)) {}

  explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  [[nodiscard]] bool done() const noexcept { return state_->done(); }
  [[nodiscard]] bool cancelled() const noexcept { return state_->cancelled(); }

  /// The exception of what is done, or null. Throws invalid_state_error before, and cancelled_error if it
  /// was cancelled.
  [[nodiscard]] std::exception_ptr exception() const {
    require_done("Exception is not set.");
    const outcome<T>& result = state_->look();
    if (state_->cancelled()) {
      result.rethrow_if_exception();
    }
    return state_->exception();
  }
  /// The result of what is done; throws what it ended with, or invalid_state_error before.
  shared_view<T> result() const {
    require_done("Result is not set.");
    return state_->look().view();
  }

  /// True for handles of the same task or future.
  friend bool operator==(const result_handle&, const result_handle&) = default;

  class awaiter_base {
   public:
    explicit awaiter_base(counted_reference<State> state) noexcept
        : state_(std::move(state)), wait_(*state_) {}
    [[nodiscard]] bool await_ready() const noexcept { return wait_.await_ready(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
      return wait_.await_suspend(awaiting);
    }

   protected:
    outcome<T>& fetch() {
      wait_.finish();
      return state_->look();
    }
    [[nodiscard]] bool sole_owner() const noexcept { return !state_->shared(); }

   private:
    counted_reference<State> state_;
    join_wait wait_;
  };

  /// Of an lvalue: the result stays where it is, for others to see.
  class shared_awaiter : public awaiter_base {
   public:
    using awaiter_base::awaiter_base;
    shared_view<T> await_resume() { return this->fetch().view(); }
  };

  /// Of an rvalue: the result is moved out if nobody else holds the handle, else copied. One that cannot
  /// be copied is moved in any case.
  class unique_awaiter : public awaiter_base {
   public:
    using awaiter_base::awaiter_base;
    T await_resume() {
      outcome<T>& result = this->fetch();
      if constexpr (State::result_is_shared && std::is_object_v<T> &&
                    std::is_copy_constructible_v<T>) {
        if (!this->sole_owner()) {
          return std::as_const(result).value();
        }
      }
      return result.take_value();
    }
  };

  shared_awaiter operator co_await() const& noexcept { return shared_awaiter(state_); }
  unique_awaiter operator co_await() && noexcept { return unique_awaiter(std::move(state_)); }

  /// For the library's own: the object behind the handle.
  [[nodiscard]] State& state() const noexcept { return *state_; }

 private:
  void require_done(const char* otherwise) const {
    if (!state_->done()) {
      throw invalid_state_error(otherwise);
    }
  }

  counted_reference<State> state_;
};

}  // namespace jackdaw
