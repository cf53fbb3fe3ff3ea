// gather() and race(): several coroutines at once, as tasks of their own.
#pragma once

#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/task_set.hpp>

#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace jackdaw {

/// What gather() of several different coroutines returns: await it once.
template <class... Ts>
class [[nodiscard]] gather_awaitable {
 public:
  explicit gather_awaitable(std::tuple<join_handle<Ts>...> handles)
      : handles_(std::move(handles)), wait_(references(), set_policy::first_exception) {}

  [[nodiscard]] bool await_ready() const noexcept { return wait_.await_ready(); }
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    return wait_.await_suspend(awaiting);
  }
  std::tuple<stored_type<Ts>...> await_resume() {
    const std::size_t failed = wait_.await_resume();
    if (failed != task_set::none) {
      std::rethrow_exception(references()[failed]->exception());
    }
    return std::apply(
        [](auto&... handle) {
          return std::tuple<stored_type<Ts>...>(std::move(result_of(handle))...);
        },
        handles_);
  }

 private:
  template <class T>
  static stored_type<T>& result_of(join_handle<T>& handle) {
    return static_cast<task_state<T>&>(handle.record()).result().value();
  }

  [[nodiscard]] std::vector<future_reference> references() const {
    return std::apply(
        [](const auto&... handle) {
          return std::vector<future_reference>{future_reference(handle.record())...};
        },
        handles_);
  }

  std::tuple<join_handle<Ts>...> handles_;
  task_set_wait wait_;
};

/// What gather() of a vector returns: await it once.
template <class T>
class [[nodiscard]] gather_all_awaitable {
 public:
  explicit gather_all_awaitable(std::vector<join_handle<T>> handles)
      : handles_(std::move(handles)), wait_(references(), set_policy::first_exception) {}

  [[nodiscard]] bool await_ready() const noexcept { return wait_.await_ready(); }
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    return wait_.await_suspend(awaiting);
  }
  auto await_resume() {
    const std::size_t failed = wait_.await_resume();
    if (failed != task_set::none) {
      std::rethrow_exception(handles_[failed].record().exception());
    }
    if constexpr (!std::is_void_v<T>) {
      std::vector<stored_type<T>> results;
      results.reserve(handles_.size());
      for (join_handle<T>& handle : handles_) {
        results.push_back(std::move(static_cast<task_state<T>&>(handle.record()).result().value()));
      }
      return results;
    }
  }

 private:
  [[nodiscard]] std::vector<future_reference> references() const {
    std::vector<future_reference> tasks;
    tasks.reserve(handles_.size());
    for (const join_handle<T>& handle : handles_) {
      tasks.emplace_back(handle.record());
    }
    return tasks;
  }

  std::vector<join_handle<T>> handles_;
  task_set_wait wait_;
};

/// Starts all coroutines now, in this order, as tasks; awaiting the result gives their values in order
/// (void: `nothing`).
///
/// Suspends      The call does not; awaiting it does until all have ended or one has failed.
/// Errors        The first exception, at once; the others go on, and their later exceptions are dropped.
/// Cancellation  Cancels all that have not ended, and waits until they have or one fails or ends cancelled:
///               others may still be cleaning up then, as after an error.
/// Source        asyncio.gather. For structured failure use a task group.
template <class... Ts>
gather_awaitable<Ts...> gather(task<Ts>... tasks) {
  // A braced list, because its elements are evaluated in order.
  return gather_awaitable<Ts...>(std::tuple<join_handle<Ts>...>{spawn(std::move(tasks))...});
}

template <class T>
gather_all_awaitable<T> gather(std::vector<task<T>> tasks) {
  std::vector<join_handle<T>> handles;
  handles.reserve(tasks.size());
  for (task<T>& body : tasks) {
    handles.push_back(spawn(std::move(body)));
  }
  return gather_all_awaitable<T>(std::move(handles));
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

/// Awaits a task without passing a cancellation on to it: a cancelled waiter leaves, the task goes on.
///
/// Returns a copy of the task's value.
/// Source        asyncio.shield.
template <class T>
task<T> shield(join_handle<T> handle) {
  std::vector<future_reference> inner;
  inner.emplace_back(handle.record());
  if (!handle.done()) {
    co_await task_set_wait(std::move(inner), set_policy::shielded);
  }
  if constexpr (std::is_void_v<T>) {
    handle.result();
  } else {
    co_return handle.result();
  }
}

}  // namespace jackdaw
