// A reference to a callable: two words, nothing owned, nothing allocated.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace jackdaw {

template <class Signature>
class function_ref;

/// For parameters of functions that call it before they return: the callable is the caller's.
template <class Result, class... Arguments>
class function_ref<Result(Arguments...)> {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, function_ref> &&
             std::is_invocable_r_v<Result, F&, Arguments...>)
  function_ref(F&& callable) noexcept  // NOLINT: a parameter that takes any callable.
      // reinterpret_cast: POSIX has pointers to functions fit into those to objects.
      : callable_(const_cast<void*>(reinterpret_cast<const void*>(std::addressof(callable)))),
        call_([](void* self, Arguments... arguments) -> Result {
          return (*reinterpret_cast<std::remove_reference_t<F>*>(self))(
              std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const {
    return call_(callable_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* callable_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace jackdaw
