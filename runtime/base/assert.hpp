// Assertions that stay on in release builds: a broken invariant of a scheduler is a hang or a freed
// frame somewhere else, so it stops here, with words.
#pragma once

namespace jackdaw {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace jackdaw

#define JACKDAW_ASSERT(condition)                      \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::jackdaw::assertion_failed(#condition, __FILE__, __LINE__))
