// future<T>: a result that somebody sets once, for any number of tasks that await it.
#pragma once

#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/future_base.hpp>
#include <jackdaw/runtime/join_wait.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// The object behind the handles of a future.
template <class T>
class future_state : public future_base {
 public:
  static constexpr bool result_is_shared = true;

  explicit future_state(scheduler& scheduler) noexcept : future_base(scheduler) {}
  future_state(const future_state&) = delete;
  future_state& operator=(const future_state&) = delete;
  ~future_state() override { report_if_unretrieved("Future exception was never retrieved", {}); }

  template <class... Args>
  [[nodiscard]] bool set_value(Args&&... args) {
    return end([&] { result_.set_value(std::forward<Args>(args)...); });
  }
  [[nodiscard]] bool set_exception(std::exception_ptr error) {
    return end([&] {
      result_.set_exception(std::move(error));
      expect_retrieval();
    });
  }
  /// Ends it as cancelled, with an error that somebody else was cancelled with.
  [[nodiscard]] bool set_cancelled(std::exception_ptr error) {
    return end([&] {
      cancelled_ = true;
      result_.set_exception(std::move(error));
    });
  }
  bool request_cancel(std::string_view message = {}) noexcept override {
    const bool ended =
        set_cancelled(std::make_exception_ptr(cancelled_error(std::string(message))));
    if (!ended) {
      mark_retrieved();  // asyncio: cancel() of what failed silences its report.
    }
    return ended;
  }

  [[nodiscard]] std::exception_ptr exception() const noexcept override {
    return result_.has_exception() ? result_.exception() : nullptr;
  }
  [[nodiscard]] bool ends_through_handles_only() const noexcept override { return true; }
  /// The result, for whoever awaits or asks. Only when done.
  [[nodiscard]] outcome<T>& look() {
    mark_retrieved();
    return result_;
  }

 private:
  // Under the lock, so that of several who set a result one wins; true for that one.
  template <class F>
  bool end(F&& set_result) {
    {
      const std::lock_guard guard(lock_);
      if (done()) {
        return false;
      }
      set_result();
      // D2: release pairs with D1, for those who look without the lock.
      word_.store(is_done, std::memory_order_release);
    }
    auto waiting = take_completions();
    tell(waiting);
    return true;
  }

  outcome<T> result_;
};

/// One end of a future, from which its result is set and awaited. Copies refer to the same future.
///
/// Suspends      Awaiting it does, unless it is done. Those who wait go on in the order in which they came.
/// Threads       All members from any thread in multi-threaded mode; in asyncio mode from the loop's own,
///               and awaited by tasks of the same loop.
/// Lifetime      The result lives as long as a handle. `co_await future` leaves it in place and gives a
///               reference; `co_await std::move(future)` moves it out if this is the only handle.
/// Errors        Awaiting throws what set_exception() was given; cancelled_error if it was cancelled. If
///               nobody fetches an exception, the failure handler is told when the last handle is dropped.
/// Cancellation  Cancelling a task that awaits it cancels the future, for all who await it: shield() it
///               where that is not wanted.
/// Cost          One block from a free list.
/// Source        asyncio.Future.
template <class T>
class future : public result_handle<T, future_state<T>> {
 public:
  /// A new one, which belongs to the current scheduler. Throws std::logic_error outside of a runtime.
  future() : future(current_scheduler()) {}
  explicit future(scheduler& scheduler)
      : result_handle<T, future_state<T>>(*new future_state<T>(scheduler)) {
    this->state().drop_reference();  // The handle has one.
  }
  explicit future(future_state<T>& state) noexcept : result_handle<T, future_state<T>>(state) {}

  /// Both throw invalid_state_error if the future is done.
  template <class... Args>
  void set_result(Args&&... args) const {
    if (!this->state().set_value(std::forward<Args>(args)...)) {
      throw invalid_state_error("invalid state");
    }
  }
  void set_exception(std::exception_ptr error) const {
    if (!this->state().set_exception(std::move(error))) {
      throw invalid_state_error("invalid state");
    }
  }
  template <class E>
    requires(!std::is_same_v<std::decay_t<E>, std::exception_ptr>)
  void set_exception(E&& error) const {
    set_exception(std::make_exception_ptr(std::forward<E>(error)));
  }

  /// False if it is done.
  bool cancel(std::string_view message = {}) const noexcept {
    return this->state().request_cancel(message);
  }

  /// Calls `function(future)` when it is done: see call_when_done().
  template <class F>
  done_callback_token add_done_callback(F&& function,
                                        context_slot in = context_slot::copy_of_current()) const {
    return call_when_done<future>(this->state(), std::forward<F>(function), std::move(in));
  }
  /// Returns 1 if the callback was registered, else 0.
  std::size_t remove_done_callback(const done_callback_token& token) const noexcept {
    return token->remove_from(this->state());
  }
};

}  // namespace jackdaw
