// What awaiting something gives: the traits behind functions that take any awaitable.
#pragma once

#include <concepts>
#include <utility>

namespace jackdaw {

template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
    return std::forward<A>(awaitable).operator co_await();
  } else {
    return std::forward<A>(awaitable);
  }
}

/// The type of `co_await std::declval<A>()`.
template <class A>
using await_result = decltype(awaiter_of(std::declval<A>()).await_resume());

template <class A>
concept awaitable = requires(A&& a) {
  { awaiter_of(std::forward<A>(a)).await_ready() } -> std::convertible_to<bool>;
};

}  // namespace jackdaw
