// tests/compilers/this_compiler.hpp
//
// Which compiler builds this file, as constants. The only conditional compilation of these tests.

#pragma once

namespace compilers {

#if defined(__clang__)
inline constexpr bool is_clang = true;
#else
inline constexpr bool is_clang = false;
#endif

/// The table of docs/compilers.md was measured with 12.2; a later 12.x may have received a fix.
inline constexpr bool is_gcc_12_2 = !is_clang && __GNUC__ == 12 && __GNUC_MINOR__ == 2;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;  // g++ says it with macros,
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool is_sanitized = true;  // clang with features.
#else
inline constexpr bool is_sanitized = false;
#endif
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace compilers
