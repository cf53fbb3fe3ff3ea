// any_future<T>: a task, a future or a gathering, whatever its type, for containers that mix them.
#pragma once

#include <jackdaw/runtime/done_callback.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/shield.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// A handle whose value becomes a `T`. Copies refer to the same thing; two are equal if they do.
///
/// Threads, Lifetime, Errors, Cancellation: those of the handle that it was made from. Awaiting it, and
/// result(), give a copy of the value.
/// Cost          One allocation for each handle that is made into one.
/// Source        A list of asyncio futures.
template <class T>
class any_future {
 public:
  using value_type = T;

  any_future() noexcept = default;
  template <class U, class State>
    requires(std::is_same_v<U, T> || std::is_constructible_v<T, const stored_type<U>&>)
  // NOLINTNEXTLINE(google-explicit-constructor): so that handles can be put into one container.
  any_future(const result_handle<U, State>& handle)
      : held_(std::make_shared<const typed<U, State>>(handle)) {}

  [[nodiscard]] bool done() const noexcept { return base().done(); }
  [[nodiscard]] bool cancelled() const noexcept { return base().cancelled(); }
  bool cancel(std::string_view message = {}) const noexcept {
    return base().request_cancel(message);
  }
  [[nodiscard]] std::exception_ptr exception() const { return held_->exception(); }
  T result() const { return held_->result(); }

  /// Calls `function(any_future)` when it is done: see call_when_done().
  template <class F>
  done_callback_token add_done_callback(F&& function) const {
    return call_when_done<ended>(base(), [self = *this, call = std::forward<F>(function)](
                                             const ended& /*unused*/) mutable { call(self); });
  }
  /// Returns 1 if the callback was registered, else 0.
  std::size_t remove_done_callback(const done_callback_token& token) const noexcept {
    return token->remove();
  }

  friend bool operator==(const any_future& left, const any_future& right) noexcept {
    return &left.base() == &right.base();
  }

  /// Of the thing behind it, for gather(), wait() and as_completed().
  class state_type {
   public:
    state_type() = default;
    state_type(const state_type&) = delete;
    state_type& operator=(const state_type&) = delete;
    virtual ~state_type() = default;

    // NOLINTNEXTLINE(google-explicit-constructor): it stands for the future itself.
    operator future_base&() const noexcept { return base(); }
    [[nodiscard]] scheduler& home() const noexcept { return base().home(); }
    [[nodiscard]] virtual future_base& base() const noexcept = 0;
    [[nodiscard]] virtual outcome<T> look() const = 0;
    [[nodiscard]] virtual std::exception_ptr exception() const = 0;
    virtual T result() const = 0;
    [[nodiscard]] virtual any_future shielded() const = 0;
  };
  [[nodiscard]] const state_type& state() const noexcept { return *held_; }

  class awaiter {
   public:
    explicit awaiter(std::shared_ptr<const state_type> held)
        : held_(std::move(held)), wait_(held_->base()) {}
    [[nodiscard]] bool await_ready() const noexcept { return wait_.await_ready(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
      return wait_.await_suspend(awaiting);
    }
    T await_resume() {
      wait_.finish();
      return held_->result();
    }

   private:
    std::shared_ptr<const state_type> held_;
    join_wait wait_;
  };
  awaiter operator co_await() const { return awaiter(held_); }

 private:
  struct ended {
    explicit ended(future_base& /*unused*/) noexcept {}
  };

  template <class U, class State>
  class typed final : public state_type {
   public:
    explicit typed(const result_handle<U, State>& handle) : handle_(handle) {}

    [[nodiscard]] future_base& base() const noexcept override { return handle_.state(); }
    [[nodiscard]] std::exception_ptr exception() const override { return handle_.exception(); }
    [[nodiscard]] outcome<T> look() const override {
      outcome<T> copy;
      try {
        set_value(copy);
      } catch (...) {
        copy.set_exception(std::current_exception());
      }
      return copy;
    }
    T result() const override {
      if constexpr (std::is_void_v<T>) {
        handle_.result();
      } else {
        return T(handle_.result());
      }
    }

    [[nodiscard]] any_future shielded() const override { return shield(handle_); }

   private:
    void set_value(outcome<T>& into) const {
      if constexpr (std::is_void_v<T>) {
        handle_.result();
        into.set_value();
      } else {
        into.set_value(T(handle_.result()));
      }
    }

    result_handle<U, State> handle_;
  };

  [[nodiscard]] future_base& base() const noexcept { return held_->base(); }

  std::shared_ptr<const state_type> held_;
};

/// As it is: see ensure_future().
template <class T>
any_future<T> ensure_future(any_future<T> handle) noexcept {
  return handle;
}

/// As shield() of the handle behind it; but what is done is returned as it is, as asyncio does.
template <class T>
any_future<T> shield(any_future<T> awaited) {
  return awaited.done() ? std::move(awaited) : awaited.state().shielded();
}

}  // namespace jackdaw
