// A short wait between two looks at something that another thread is about to change.
#pragma once

namespace jackdaw {

/// Tells the processor that this is a spin: it saves power, and gives the other hyperthread way. Some tens of
/// nanoseconds; nothing where there is no such instruction.
inline void pause_briefly() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace jackdaw
