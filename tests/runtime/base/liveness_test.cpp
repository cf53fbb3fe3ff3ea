// Goal: with the address sanitizer freed memory is known as such, and without it nothing is.
#include <jackdaw/runtime/base/liveness.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

namespace jackdaw {
namespace {

TEST(liveness_test, memory_in_use_is_not_dead) {
  const auto memory = std::make_unique<char[]>(100);
  EXPECT_FALSE(is_known_dead(memory.get(), 100));
  EXPECT_FALSE(is_known_dead(memory.get() + 99, 1));
  EXPECT_FALSE(is_known_dead(nullptr, 0));
}

// What the kernel writes into freed memory is not seen otherwise (B39).
TEST(liveness_test, freed_memory_is_dead_where_that_is_known) {
  auto memory = std::make_unique<char[]>(100);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
  memory.reset();
  EXPECT_EQ(is_known_dead(reinterpret_cast<const void*>(address), 100), liveness_is_known());
}

}  // namespace
}  // namespace jackdaw
