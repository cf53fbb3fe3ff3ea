// Where a failed assertion ends.
#include <jackdaw/runtime/base/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace jackdaw {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "jackdaw: assertion failed at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace jackdaw
