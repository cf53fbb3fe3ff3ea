// gather() and race(): several coroutines at once, as tasks of their own.
#pragma once

#include <jackdaw/runtime/ensure_future.hpp>
#include <jackdaw/runtime/gathering.hpp>
#include <jackdaw/runtime/task_set.hpp>

#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace jackdaw {

/// Asks gather() for all outcomes: exceptions become results. asyncio: return_exceptions=True.
struct return_exceptions_t {};
inline constexpr return_exceptions_t return_exceptions{};

namespace gathering {

// A coroutine became a task that nobody else knows, so its value may be moved; what came as a handle
// belongs to others too.
template <class A>
stored_type<ensured_value<A>> take_value(const ensured<A>& handle) {
  using stored = stored_type<ensured_value<A>>;
  auto&& result = handle.state().look();
  if constexpr (is_coroutine<A> || !std::is_copy_constructible_v<stored>) {
    return std::move(result.value());
  } else {
    return std::as_const(result).value();
  }
}

template <class A>
outcome<ensured_value<A>> take_outcome(const ensured<A>& handle) {
  outcome<ensured_value<A>> taken;
  future_base& child = handle.state();
  if (child.cancelled()) {
    taken.set_exception(child.lasting_cancelled_error());
  } else if (const std::exception_ptr error = child.exception()) {
    taken.set_exception(error);
  } else if constexpr (std::is_void_v<ensured_value<A>>) {
    taken.set_value();
  } else {
    taken.set_value(take_value<A>(handle));
  }
  return taken;
}

template <class A, bool KeepExceptions>
using element =
    std::conditional_t<KeepExceptions, outcome<ensured_value<A>>, stored_type<ensured_value<A>>>;

template <class A, bool KeepExceptions>
element<A, KeepExceptions> take(const ensured<A>& handle) {
  if constexpr (KeepExceptions) {
    return take_outcome<A>(handle);
  } else {
    return take_value<A>(handle);
  }
}

/// A gathering whose results are in `Children`, a tuple or a vector of handles, and go into a `Result`.
template <class Result, class Children, class Collect>
class state final : public gathering_base {
 public:
  /// A result is its owner's alone: awaiting a temporary moves it out.
  static constexpr bool result_is_shared = false;

  state(scheduler& home, Children children, std::vector<future_reference> references,
        bool keep_exceptions)
      : gathering_base(home, std::move(references), keep_exceptions),
        handles_(std::move(children)) {
    watch();
  }

  [[nodiscard]] outcome<Result>& look() {
    mark_retrieved();
    if (exception() != nullptr) {
      result_.set_exception(exception());
    }
    return result_;
  }

 private:
  void collect() override { Collect()(handles_, result_); }

  Children handles_;
  outcome<Result> result_;
};

template <bool KeepExceptions, class... As>
struct collect_tuple {
  template <class Result>
  void operator()(std::tuple<ensured<As>...>& handles, outcome<Result>& result) const {
    std::apply(
        [&](const ensured<As>&... handle) {
          result.set_value(take<As, KeepExceptions>(handle)...);
        },
        handles);
  }
};

template <bool KeepExceptions, class A>
struct collect_vector {
  template <class Result>
  void operator()(std::vector<ensured<A>>& handles, outcome<Result>& result) const {
    if constexpr (std::is_void_v<Result>) {
      result.set_value();
    } else {
      Result values;
      values.reserve(handles.size());
      for (const ensured<A>& handle : handles) {
        values.push_back(take<A, KeepExceptions>(handle));
      }
      result.set_value(std::move(values));
    }
  }
};

}  // namespace gathering

/// What gather() returns. Copies refer to the same gathering; awaiting a temporary moves the results out.
template <class Result, class State>
class [[nodiscard]] gather_handle : public result_handle<Result, State> {
 public:
  using result_handle<Result, State>::result_handle;

  /// Cancels all that are not done. False if there are none.
  bool cancel(std::string_view message = {}) const noexcept {
    return this->state().request_cancel(message);
  }
  /// Calls `function(gather_handle)` when it is done: see call_when_done().
  template <class F>
  done_callback_token add_done_callback(F&& function,
                                        context_slot in = context_slot::copy_of_current()) const {
    return call_when_done<gather_handle>(this->state(), std::forward<F>(function), std::move(in));
  }
};

namespace gathering {

template <class Result, class State, class Children>
gather_handle<Result, State> start(Children children, std::vector<future_reference> references,
                                   bool keep_exceptions) {
  scheduler& home = references.empty() ? current_scheduler() : references.front()->home();
  auto* const state = new State(home, std::move(children), std::move(references), keep_exceptions);
  gather_handle<Result, State> handle(*state);
  state->drop_reference();  // The handle has one.
  return handle;
}

// A task of gather()'s own is nobody's to look after: a loop that closes does not complain of it (S91).
template <class A>
ensured<A> start_child(A awaited) {
  ensured<A> handle = ensure_future(std::move(awaited));
  if constexpr (is_coroutine<A>) {
    handle.record().set_reports_destruction(false);
  }
  return handle;
}

template <bool KeepExceptions, class... As>
auto start_tuple(As... awaited) {
  // A braced list, because its elements are evaluated in order.
  std::tuple<ensured<As>...> handles{start_child(std::move(awaited))...};
  auto references = std::apply(
      [](const auto&... handle) {
        return std::vector<future_reference>{future_reference(handle.state())...};
      },
      handles);
  using result = std::tuple<element<As, KeepExceptions>...>;
  using state_type =
      state<result, std::tuple<ensured<As>...>, collect_tuple<KeepExceptions, As...>>;
  return start<result, state_type>(std::move(handles), std::move(references), KeepExceptions);
}

template <bool KeepExceptions, class A>
auto start_vector(std::vector<A> awaited) {
  std::vector<ensured<A>> handles;
  handles.reserve(awaited.size());
  std::vector<future_reference> references;
  references.reserve(awaited.size());
  for (A& each : awaited) {
    handles.push_back(start_child(std::move(each)));
    references.emplace_back(handles.back().state());
  }
  using result = std::conditional_t<std::is_void_v<ensured_value<A>> && !KeepExceptions, void,
                                    std::vector<element<A, KeepExceptions>>>;
  using state_type = state<result, std::vector<ensured<A>>, collect_vector<KeepExceptions, A>>;
  return start<result, state_type>(std::move(handles), std::move(references), KeepExceptions);
}

}  // namespace gathering

/// Starts all coroutines now, in this order, as tasks; tasks and futures are taken as they are. Awaiting
/// what it returns gives their values in this order (void: `nothing`).
///
/// Suspends      The call does not; awaiting it does until all have ended or one has failed.
/// Errors        The first exception, at once; the others go on, and their later exceptions are dropped.
///               With `return_exceptions` as the first argument every child gives an outcome.
/// Cancellation  Cancels all that have not ended, and waits until they have or one fails or ends cancelled:
///               others may still be cleaning up then, as after an error.
/// Source        asyncio.gather. For structured failure use a task group.
template <future_like... As>
auto gather(As... awaited) {
  return gathering::start_tuple<false>(std::move(awaited)...);
}
template <future_like... As>
auto gather(return_exceptions_t /*unused*/, As... awaited) {
  return gathering::start_tuple<true>(std::move(awaited)...);
}
template <future_like A>
auto gather(std::vector<A> awaited) {
  return gathering::start_vector<false>(std::move(awaited));
}
template <future_like A>
auto gather(return_exceptions_t /*unused*/, std::vector<A> awaited) {
  return gathering::start_vector<true>(std::move(awaited));
}

/// Waits until all `tasks` have ended, however often the waiter is cancelled meanwhile. Returns the first
/// of these cancellations, or null. For scopes that must not leave anybody behind.
task<std::exception_ptr> wait_for_all(std::vector<future_reference> tasks);

/// Cancels all `tasks` but the one at `spared`, and waits until all have ended.
task<std::exception_ptr> cancel_and_wait(std::vector<future_reference> tasks, std::size_t spared);

/// Runs all coroutines as tasks; the first to end decides. The others are cancelled and waited for.
///
/// Returns the winner's value, at the winner's index.
/// Errors        The winner's exception. Exceptions of the losers are dropped.
/// Cancellation  Cancels all, waits for them, and throws.
template <class... Ts>
task<std::variant<stored_type<Ts>...>> race(task<Ts>... tasks) {
  std::tuple<join_handle<Ts>...> handles{spawn(std::move(tasks))...};
  std::vector<future_reference> references;
  std::apply([&](auto&... handle) { (references.emplace_back(handle.record()), ...); }, handles);
  std::size_t winner = task_set::none;
  std::exception_ptr interrupted;
  try {
    winner = co_await task_set_wait(references, set_policy::first_completed);
  } catch (...) {
    interrupted = std::current_exception();
  }
  const std::exception_ptr cancelled = co_await cancel_and_wait(references, winner);
  if (interrupted) {
    std::rethrow_exception(interrupted);
  }
  if (cancelled) {
    std::rethrow_exception(cancelled);
  }
  using result_type = std::variant<stored_type<Ts>...>;
  auto pick = [&]<std::size_t... Is>(std::index_sequence<Is...>) {
    std::vector<result_type> result;
    (void)((Is == winner && (result.emplace_back(std::in_place_index<Is>,
                                                 std::move(static_cast<task_state<Ts>&>(
                                                               std::get<Is>(handles).record())
                                                               .result()
                                                               .value())),
                             true)) ||
           ...);
    return std::move(result.front());
  };
  co_return pick(std::index_sequence_for<Ts...>());
}

}  // namespace jackdaw
