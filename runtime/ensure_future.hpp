// What several may await at once: tasks that run already, futures, and coroutines that become tasks.
#pragma once

#include <jackdaw/runtime/future.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <type_traits>
#include <utility>

namespace jackdaw {

/// Gives a handle that can be awaited by many: a coroutine is spawned, what is a handle stays as it is.
/// Source        asyncio.ensure_future.
template <class T>
join_handle<T> ensure_future(task<T> body) {
  return spawn(std::move(body));
}
template <class T, class State>
  requires std::is_base_of_v<future_base, State>
result_handle<T, State> ensure_future(result_handle<T, State> handle) noexcept {
  return handle;
}
template <class T>
join_handle<T> ensure_future(join_handle<T> handle) noexcept {
  return handle;
}
template <class T>
future<T> ensure_future(future<T> handle) noexcept {
  return handle;
}

template <class A>
using ensured = decltype(ensure_future(std::declval<A>()));

/// The value type of what can be ensured.
template <class A>
using ensured_value = typename ensured<A>::value_type;

template <class A>
concept future_like = requires(A awaited) { ensure_future(std::move(awaited)); };

template <class A>
inline constexpr bool is_coroutine = false;
template <class T>
inline constexpr bool is_coroutine<task<T>> = true;

}  // namespace jackdaw
