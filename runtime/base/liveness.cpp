// The address sanitizer's interface, where there is one.
#include <jackdaw/runtime/base/liveness.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define JACKDAW_ADDRESSES_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JACKDAW_ADDRESSES_SANITIZED 1
#endif
#endif

#ifdef JACKDAW_ADDRESSES_SANITIZED
extern "C" void* __asan_region_is_poisoned(void* memory, std::size_t bytes);  // NOLINT
#endif

namespace jackdaw {

#ifdef JACKDAW_ADDRESSES_SANITIZED
bool liveness::ask_sanitizer(const void* memory, std::size_t bytes) noexcept {
  return __asan_region_is_poisoned(const_cast<void*>(memory), bytes) != nullptr;
}
bool liveness_is_known() noexcept { return true; }
#else
bool liveness::ask_sanitizer(const void* /*memory*/, std::size_t /*bytes*/) noexcept {
  return false;
}
bool liveness_is_known() noexcept { return false; }
#endif

}  // namespace jackdaw
