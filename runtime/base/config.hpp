// Facts about the compiler and the build, and the only place that asks the preprocessor for them.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define JACKDAW_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define JACKDAW_SANITIZED 1
#endif
#endif
#ifndef JACKDAW_SANITIZED
#define JACKDAW_SANITIZED 0
#endif

// With JACKDAW_CORO_LIFETIME_CHECKS clang warns of references to temporaries and of capturing-lambda
// coroutines whose task outlives them (-Wdangling). It then also insists that every function which returns a
// task is a coroutine or says that it wraps one, which std::function<task<T>()> and plain lambdas cannot:
// so it is for code bases that go without, as this one does, and not the default.
#if defined(JACKDAW_CORO_LIFETIME_CHECKS) && defined(__has_cpp_attribute) && \
    __has_cpp_attribute(clang::coro_return_type)
#define JACKDAW_CORO_TYPE [[clang::coro_return_type, clang::coro_lifetimebound]]
#define JACKDAW_CORO_WRAPPER [[clang::coro_wrapper]]
#else
#define JACKDAW_CORO_TYPE
#define JACKDAW_CORO_WRAPPER
#endif

// A newer clang can place the frame of a child that is awaited at once into its parent's frame.
#if defined(__has_cpp_attribute) && __has_cpp_attribute(clang::coro_await_elidable)
#define JACKDAW_CORO_ELIDABLE [[clang::coro_await_elidable]]
#else
#define JACKDAW_CORO_ELIDABLE
#endif

// On a call that is rarely made, in a function that makes no other: the callee saves the registers, so that
// the caller's usual path need not.
#if defined(__clang__) && defined(__x86_64__)
#define JACKDAW_RARELY_CALLED [[clang::preserve_most, gnu::noinline, gnu::cold]]
#else
#define JACKDAW_RARELY_CALLED [[gnu::noinline, gnu::cold]]
#endif

namespace jackdaw {

/// True where a sanitizer watches the program: pools then step aside, so that it sees every allocation.
inline constexpr bool sanitized = JACKDAW_SANITIZED != 0;

}  // namespace jackdaw
