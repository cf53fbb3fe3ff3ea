// tests/compilers/probe_task.hpp
//
// The smallest lazy task that can be: symmetric transfer in, symmetric transfer out, a value or an
// exception. The tests in this directory are about compilers, so they use nothing of jackdaw and
// hold even when the library does not build. Its types have constructors wherever the rules of
// docs/compilers.md ask for them: what is measured must be the pattern, not the probe.

#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace compilers {

template <class T>
class probe_task;

class probe_promise_base {
 public:
  class final_awaiter {
   public:
    explicit final_awaiter(std::coroutine_handle<> next) noexcept : next_(next) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<>) const noexcept {
      return next_;
    }
    void await_resume() const noexcept {}

   private:
    std::coroutine_handle<> next_;
  };

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] final_awaiter final_suspend() const noexcept {
    return final_awaiter(continuation_);
  }
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  void continue_with(std::coroutine_handle<> awaiting) noexcept { continuation_ = awaiting; }

 protected:
  void rethrow_error() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
  std::exception_ptr error_;
};

template <class T>
class probe_promise : public probe_promise_base {
 public:
  probe_task<T> get_return_object();

  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }

  T take() {
    rethrow_error();
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): no exception, so there is a value.
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class probe_promise<void> : public probe_promise_base {
 public:
  probe_task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const { rethrow_error(); }
};

template <class T = void>
class [[nodiscard]] probe_task {
 public:
  using promise_type = probe_promise<T>;

  explicit probe_task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  probe_task(probe_task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  probe_task& operator=(probe_task&&) = delete;
  ~probe_task() {
    if (frame_) {
      frame_.destroy();
    }
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] std::coroutine_handle<> await_suspend(
      std::coroutine_handle<> awaiting) const noexcept {
    frame_.promise().continue_with(awaiting);
    return frame_;
  }
  T await_resume() const { return frame_.promise().take(); }

  void resume() const { frame_.resume(); }
  [[nodiscard]] bool done() const noexcept { return frame_.done(); }

  /// What the coroutine returned or threw. Only when it is done.
  T result() const { return frame_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

template <class T>
probe_task<T> probe_promise<T>::get_return_object() {
  return probe_task<T>(std::coroutine_handle<probe_promise>::from_promise(*this));
}

inline probe_task<void> probe_promise<void>::get_return_object() {
  return probe_task<void>(std::coroutine_handle<probe_promise>::from_promise(*this));
}

}  // namespace compilers
