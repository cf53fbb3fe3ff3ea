// A callable `void()` that is moved nowhere: small ones live inside, large ones on the heap.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// Unlike std::function it takes move-only callables, and never allocates for up to 48 bytes.
class unique_function {
 public:
  unique_function() noexcept = default;
  template <class F>
    requires(!std::is_same_v<std::decay_t<F>, unique_function>)
  explicit unique_function(F&& callable) {
    using stored = std::decay_t<F>;
    if constexpr (sizeof(stored) <= inline_bytes && alignof(stored) <= alignof(std::max_align_t)) {
      ::new (static_cast<void*>(storage_)) stored(std::forward<F>(callable));
      call_ = [](void* self) { (*static_cast<stored*>(self))(); };
      destroy_ = [](void* self) noexcept { static_cast<stored*>(self)->~stored(); };
    } else {
      ::new (static_cast<void*>(storage_)) stored*(new stored(std::forward<F>(callable)));
      call_ = [](void* self) { (**static_cast<stored**>(self))(); };
      destroy_ = [](void* self) noexcept { delete *static_cast<stored**>(self); };
    }
  }
  unique_function(const unique_function&) = delete;
  unique_function& operator=(const unique_function&) = delete;
  ~unique_function() { reset(); }

  void operator()() { call_(storage_); }
  explicit operator bool() const noexcept { return call_ != nullptr; }

  /// Destroys the callable now.
  void reset() noexcept {
    call_ = nullptr;
    if (auto* const destroy = std::exchange(destroy_, nullptr)) {
      destroy(storage_);
    }
  }

 private:
  static constexpr std::size_t inline_bytes = 48;

  void (*call_)(void*) = nullptr;
  void (*destroy_)(void*) noexcept = nullptr;
  alignas(std::max_align_t) std::byte storage_[inline_bytes];
};

}  // namespace jackdaw
