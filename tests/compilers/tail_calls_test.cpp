// tests/compilers/tail_calls_test.cpp
//
// Goal: symmetric transfer uses no stack in this build, however many children complete at once.
// The language does not promise it: clang always makes the jump, g++ only when it optimises sibling
// calls and no sanitizer keeps the caller's stack frame alive. docs/compilers.md has the flags.
// Method: the children note the address of the stack they run on. A rehearsal of a few thousand
// awaits comes first, so that a build without the flags fails here with advice, not by overflow.

#include "probe_task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace compilers {
namespace {

constexpr int rehearsal_awaits = 2'000;
constexpr int awaits = 1'000'000;
constexpr int nesting = 100'000;

// One frame of a debug build with a sanitizer is far below this; one leaked frame per await of the
// rehearsal, 48 bytes at least, is far above.
constexpr std::uintptr_t depth_max_bytes = 8'192;

/// The lowest and highest stack addresses at which somebody ran.
class depth_gauge {
 public:
  // The frame address instead of a local's: AddressSanitizer may keep locals outside the stack.
  [[gnu::noinline]] void note() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    lowest_ = std::min(lowest_, here);
    highest_ = std::max(highest_, here);
  }
  [[nodiscard]] std::uintptr_t depth_bytes() const { return highest_ - lowest_; }

 private:
  std::uintptr_t lowest_ = std::numeric_limits<std::uintptr_t>::max();
  std::uintptr_t highest_ = 0;
};

probe_task<int> child(depth_gauge& gauge) {
  gauge.note();
  co_return 1;
}

probe_task<> await_in_a_loop(depth_gauge& gauge, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    sum += co_await child(gauge);
  }
  EXPECT_EQ(sum, count);
}

probe_task<> await_nested(depth_gauge& gauge, int levels) {
  gauge.note();
  if (levels > 0) {
    co_await await_nested(gauge, levels - 1);
  }
  gauge.note();
}

std::uintptr_t depth_of(probe_task<> (*body)(depth_gauge&, int), int count) {
  depth_gauge gauge;
  const auto root = body(gauge, count);
  root.resume();
  EXPECT_TRUE(root.done());
  return gauge.depth_bytes();
}

constexpr const char* advice =
    "This build loses tail calls. With g++ add -foptimize-sibling-calls below -O2, --param "
    "asan-stack=0 "
    "under AddressSanitizer, --param tsan-instrument-func-entry-exit=0 under ThreadSanitizer; "
    "the presets do. See docs/compilers.md, \"Tail calls\".";

TEST(tail_calls, a_million_awaits_in_a_loop_run_in_constant_stack) {
  ASSERT_LT(depth_of(await_in_a_loop, rehearsal_awaits), depth_max_bytes) << advice;
  EXPECT_LT(depth_of(await_in_a_loop, awaits), depth_max_bytes) << advice;
}

TEST(tail_calls, deeply_nested_awaits_live_on_the_heap_alone) {
  ASSERT_LT(depth_of(await_nested, rehearsal_awaits), depth_max_bytes) << advice;
  EXPECT_LT(depth_of(await_nested, nesting), depth_max_bytes) << advice;
}

}  // namespace
}  // namespace compilers
