// Thread-locals that coroutines may use: found anew at each use.
//
// A coroutine may be resumed on another thread than the one it was suspended on. Compilers assume that a
// function stays on its thread, and keep the address of a thread-local across a suspension (docs/compilers.md).
// So it must come from something that they cannot look into. A call does; where the address is two
// instructions away, they are written down here instead, and `volatile` says that two uses are not one.
//
// The model is initial-exec, which the linker turns into local-exec in programs: a library that is loaded
// with dlopen() takes a few bytes of what the C library keeps ready for that.
#pragma once

namespace jackdaw {

/// True where the macro below works. Elsewhere: a call.
#if defined(__x86_64__) && defined(__ELF__) && !defined(__ILP32__)
inline constexpr bool inline_thread_locals = true;
#else
inline constexpr bool inline_thread_locals = false;
#endif

}  // namespace jackdaw

// Sets the pointer `address` to that of the thread-local `name`, which has C linkage.
#define JACKDAW_FIND_THREAD_LOCAL(address, name) \
  asm volatile("movq %%fs:0, %0\n\taddq " #name "@gottpoff(%%rip), %0" : "=r"(address) : : "cc")
