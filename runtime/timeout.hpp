// Deadlines: a scope that cancels its task when time is up, and timeout() around what is awaited.
#pragma once

#include <jackdaw/runtime/awaitable.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/task.hpp>
#include <jackdaw/runtime/task_record.hpp>
#include <jackdaw/runtime/timer.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// Cancels the current task when the deadline passes, unless left before.
///
///   active ──► expiring ──► expired        the alarm rang; the scope was left
///      └─────► finished                    it was left before
///
/// The protocol is asyncio's: firing is one cancellation request; leaving takes it back, and only if no
/// foreign request remains does the cancelled_error become a timeout_error. So scopes nest, and a
/// cancellation from outside is never mistaken for a timeout.
///
/// Lifetime      In a coroutine of the task that made it; timeout() makes one around a body. Leave it by
///               leave() on every path; the destructor only disarms.
/// Threads       The task's own.
/// Source        asyncio.timeout, Timeout.__aexit__.
class timeout_scope {
 public:
  /// Without a deadline it never expires, until reschedule() gives it one.
  explicit timeout_scope(std::optional<time_point> deadline);
  timeout_scope(const timeout_scope&) = delete;
  timeout_scope& operator=(const timeout_scope&) = delete;
  ~timeout_scope() { alarm_.disarm(); }

  [[nodiscard]] std::optional<time_point> when() const noexcept { return deadline_; }
  /// Moves the deadline. Throws std::runtime_error if the scope has expired or was left.
  void reschedule(std::optional<time_point> deadline);
  /// The same; false, and nothing is done, where the other throws. In a pool the alarm may ring at any time.
  [[nodiscard]] bool try_reschedule(std::optional<time_point> deadline);
  /// True once the deadline has passed within the scope.
  [[nodiscard]] bool expired() const noexcept;

  /// Ends the scope. True if it expired and the caller, who is leaving with a cancelled_error
  /// (`by_cancellation`), should throw timeout_error instead.
  [[nodiscard]] bool leave(bool by_cancellation) noexcept;

 private:
  enum class state : std::uint8_t { active, expiring, expired, finished };

  struct alarm : timer {
    explicit alarm(timeout_scope& owner) noexcept : timer(&alarm::ring), scope(&owner) {}
    static void ring(timer& self) noexcept;
    timeout_scope* scope;
  };

  task_reference task_;  // Counted: the alarm can wake it (asyncio/lost_tasks.hpp).
  std::uint32_t requests_before_;
  // The alarm may ring on another worker while the body asks expired(); relaxed everywhere, because
  // disarm() waits for ring() and the cancellation carries the rest.
  std::atomic<state> state_{state::active};
  std::optional<time_point> deadline_;
  alarm alarm_;
};

/// `wait` from now, on the clock of the current scheduler.
[[nodiscard]] time_point deadline_in(duration wait);

namespace timeouts {

// A time to wait counts from the start of the scope.
inline std::optional<time_point> deadline_of(std::optional<duration> wait) {
  return wait.has_value() ? std::optional(deadline_in(*wait)) : std::nullopt;
}
inline std::optional<time_point> deadline_of(std::optional<time_point> when) { return when; }

// What is awaited comes from `body`, once the scope is there to be given to it.
template <class Limit, class F>
task<await_result<std::invoke_result_t<F&, timeout_scope&>>> run_within(Limit limit, F body) {
  using result_type = await_result<std::invoke_result_t<F&, timeout_scope&>>;
  timeout_scope scope(deadline_of(limit));
  // A result that is made after the wait needs no room in the frame during it: many such frames wait for long.
  try {
    if constexpr (std::is_void_v<result_type>) {
      co_await body(scope);
      static_cast<void>(scope.leave(false));
      co_return;
    } else {
      result_type result = co_await body(scope);
      static_cast<void>(scope.leave(false));
      co_return static_cast<result_type&&>(result);
    }
  } catch (const cancelled_error&) {
    if (!scope.leave(true)) {
      throw;
    }
  } catch (...) {
    static_cast<void>(scope.leave(false));
    throw;
  }
  throw timeout_error();
}

/// A body that has no use for the scope.
template <class A>
class only {
 public:
  explicit only(A what) : what_(std::move(what)) {}
  // Awaited where it is: what is awaited has room in the frame once, and not twice.
  A&& operator()(timeout_scope& /*unused*/) { return std::move(what_); }

 private:
  A what_;
};

}  // namespace timeouts

/// A coroutine function that takes a timeout_scope&.
template <class F>
concept timeout_body = std::invocable<F&, timeout_scope&>;

/// Awaits `what`, but cancels it when `wait` is over.
///
/// Returns what `what` returns. It is always waited for: after the deadline its clean-up may take as
/// long as it likes, and if it returns a value nevertheless, that value is returned.
///
/// Suspends      As `what` does. A deadline that has passed already cancels at its first suspension.
/// Errors        timeout_error after the deadline; otherwise what `what` throws.
/// Cancellation  Passed on to `what`. What may be lost is what `what` says.
/// Cost          A frame and a timer from free lists: about 100 ns.
/// Source        asyncio.wait_for (3.12 and later: in the same task) with a positive time.
template <class A>
  requires(awaitable<A> && !timeout_body<A>)
JACKDAW_CORO_WRAPPER task<await_result<A>> timeout(duration wait, A what) {
  return timeouts::run_within(std::optional(wait), timeouts::only<A>(std::move(what)));
}

/// Runs `body(scope)`, which may ask for and move the deadline. No `wait` means no deadline yet.
///
/// Lifetime      `body` is kept until its coroutine has ended, so it may be a lambda with captures.
/// Source        async with asyncio.timeout(wait) as scope.
template <timeout_body F>
JACKDAW_CORO_WRAPPER auto timeout(std::optional<duration> wait, F body) {
  return timeouts::run_within(wait, std::move(body));
}

/// The same with a point in time.
/// Source        asyncio.timeout_at.
template <timeout_body F>
JACKDAW_CORO_WRAPPER auto timeout_at(std::optional<time_point> deadline, F body) {
  return timeouts::run_within(deadline, std::move(body));
}

}  // namespace jackdaw
