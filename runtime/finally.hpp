// finally(): clean-up that may itself await, which C++ forbids in handlers and destructors.
#pragma once

#include <jackdaw/runtime/task.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// Awaits `body`, then, however that ended, awaits `cleanup()`, then returns or throws what body did.
///
/// Errors        What the clean-up throws replaces what the body threw.
/// Cancellation  The body's cancellation does not reach the clean-up; a new request does.
/// Lifetime      `cleanup` is kept in the coroutine; it is called once and returns an awaitable.
/// Source        Python's `try: await body  finally: await cleanup()`.
template <class T, class F>
task<T> finally(task<T> body, F cleanup) {
  outcome<T> result;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
      result.set_value();
    } else {
      result.set_value(co_await std::move(body));
    }
  } catch (...) {
    result.set_exception(std::current_exception());
  }
  co_await cleanup();
  co_return result.take_value();
}

/// The same with a clean-up that has its arguments already: `finally(work(), sign_off(name))`. Tasks are
/// lazy: it starts when the body has ended.
template <class T>
JACKDAW_CORO_WRAPPER task<T> finally(task<T> body, task<void> cleanup) {
  struct prepared {
    JACKDAW_CORO_WRAPPER task<void> operator()() { return std::move(cleanup); }
    task<void> cleanup;
  };
  prepared deferred{std::move(cleanup)};
  return finally(std::move(body), std::move(deferred));
}

}  // namespace jackdaw
