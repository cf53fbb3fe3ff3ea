// Waiting for some of several: wait(), as_completed(), wait_for().
#pragma once

#include <jackdaw/runtime/awaitable.hpp>
#include <jackdaw/runtime/done_callback.hpp>
#include <jackdaw/runtime/ensure_future.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/sync/queue.hpp>
#include <jackdaw/runtime/timeout.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace jackdaw {

/// asyncio: FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED.
enum class return_when : std::uint8_t { first_completed, first_exception, all_completed };

/// What wait() returns: both in the order of its argument.
template <class Handle>
struct wait_result {
  std::vector<Handle> done;
  std::vector<Handle> pending;
};

namespace waiting {

// asyncio makes a set of what is awaited. The order stays.
template <class Handle>
void drop_repetitions(std::vector<Handle>& handles) {
  std::unordered_set<const future_base*> seen;
  std::erase_if(handles, [&seen](const Handle& each) {
    const future_base& awaited = each.state();
    return !seen.insert(&awaited).second;
  });
}

}  // namespace waiting

/// The untyped half of wait(). Throws std::invalid_argument if `awaited` is empty.
task<void> wait_until(std::vector<future_reference> awaited, return_when when,
                      std::optional<duration> limit);

/// Waits for tasks or futures, and leaves them as they are: nothing is cancelled, no exception thrown.
///
/// Returns those that are done when the waiter runs again, and the others.
/// Suspends      Always.
/// Errors        std::invalid_argument if `awaited` is empty.
/// Cancellation  The waiter leaves; what it waited for goes on.
/// Source        asyncio.wait.
template <future_like Handle>
  requires(!is_coroutine<Handle>)
task<wait_result<Handle>> wait(std::vector<Handle> awaited,
                               return_when when = return_when::all_completed,
                               std::optional<duration> limit = std::nullopt) {
  waiting::drop_repetitions(awaited);
  std::vector<future_reference> references;
  references.reserve(awaited.size());
  for (const Handle& each : awaited) {
    references.emplace_back(each.state());
  }
  co_await wait_until(std::move(references), when, limit);
  wait_result<Handle> result;
  for (Handle& each : awaited) {
    auto& side = each.done() ? result.done : result.pending;
    side.push_back(std::move(each));
  }
  co_return result;
}

/// The untyped half of as_completed().
class completion_stream {
 public:
  completion_stream(const completion_stream&) = delete;
  completion_stream& operator=(const completion_stream&) = delete;

 protected:
  static constexpr std::size_t timed_out = static_cast<std::size_t>(-1);

  completion_stream() = default;
  ~completion_stream();

  void start(const std::vector<future_reference>& awaited, std::optional<duration> limit);
  [[nodiscard]] bool has_next() const noexcept { return left_ > 0; }
  void take_one() noexcept;
  /// After take_one(). The index of the next one that is done. Throws timeout_error.
  task<std::size_t> next_index();

 private:
  struct shared_part;

  std::shared_ptr<shared_part> shared_;
  std::shared_ptr<const std::vector<done_callback_token>> callbacks_;
  std::size_t left_ = 0;
};

/// What as_completed() returns.
template <class Handle>
class as_completed_iterator : private completion_stream {
 public:
  as_completed_iterator(std::vector<Handle> awaited, std::optional<duration> limit)
      : awaited_(std::move(awaited)) {
    std::vector<future_reference> references;
    references.reserve(awaited_.size());
    for (const Handle& each : awaited_) {
      references.emplace_back(each.state());
    }
    start(references, limit);
  }

  /// True until next() was called as often as there are handles.
  using completion_stream::has_next;

  /// The next one that is done; only while has_next(). The call counts at once, so that several may be called
  /// before the first is awaited. Suspends until there is one. Throws timeout_error when time is up.
  JACKDAW_CORO_WRAPPER task<Handle> next() {
    take_one();
    return wait_for_next();
  }

 private:
  task<Handle> wait_for_next() {
    const std::size_t index = co_await next_index();
    co_return awaited_[index];
  }

  std::vector<Handle> awaited_;
};

/// Gives the handles in the order in which they end: `while (each.has_next()) ... co_await each.next()`.
/// Coroutines become tasks now, in the order of the argument.
///
/// Lifetime      The iterator does not move while next() is awaited.
/// Errors        next() throws timeout_error after `limit`; what is not done goes on.
/// Source        asyncio.as_completed; the order in which coroutines start is Python's set order there.
template <future_like A>
as_completed_iterator<ensured<A>> as_completed(std::vector<A> awaited,
                                               std::optional<duration> limit = std::nullopt) {
  std::vector<ensured<A>> handles;
  handles.reserve(awaited.size());
  for (A& each : awaited) {
    handles.push_back(ensure_future(std::move(each)));
  }
  waiting::drop_repetitions(handles);
  return as_completed_iterator<ensured<A>>(std::move(handles), limit);
}

/// Cancels it, and waits until it is done.
task<void> cancel_and_wait_one(future_reference awaited);

/// A coroutine that awaits `what`: what is no task yet, and is to become one.
template <class A>
task<await_result<A>> await_in_task(A what) {
  co_return co_await std::move(what);
}

/// Awaits `what` for at most `limit`: timeout() under asyncio's name, with asyncio's rules for a time that
/// is zero or less (what is done gives its result, else it is cancelled and a coroutine never starts) and
/// for none at all.
///
/// Source        asyncio.wait_for.
template <awaitable A>
task<await_result<A>> wait_for(A what, std::optional<duration> limit) {
  if (!limit.has_value()) {
    co_return co_await std::move(what);
  }
  if (*limit > duration::zero()) {
    co_return co_await timeout(*limit, std::move(what));
  }
  if constexpr (future_like<A>) {
    ensured<A> handle = ensure_future(std::move(what));
    if (!handle.done()) {
      co_await cancel_and_wait_one(future_reference(handle.state()));
      try {
        co_return co_await std::move(handle);  // It is done: this does not suspend.
      } catch (const cancelled_error&) {
        throw timeout_error();
      }
    }
    co_return co_await std::move(handle);
  } else {
    co_return co_await wait_for(await_in_task(std::move(what)), limit);
  }
}

}  // namespace jackdaw
