// Goal: memory that bodies over TLS need again and again is faulted in once. Method: faults are counted while blocks
// as large as theirs come and go at the heap's end. In a process of its own the test fails without the call; where
// others were before it, glibc may have adapted to them.

#include "../support/forked.hpp"
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/tools/kept_heap.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace jackdaw::tools {
namespace {

constexpr std::size_t block_bytes = std::size_t{66} << 10;
constexpr int rounds = 100;

long page_faults() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_minflt;
}

// Eight blocks, touched, and freed from the last to the first: the heap's end is free then.
void use_blocks() {
  std::vector<std::unique_ptr<std::byte[]>> blocks(8);
  for (auto& each : blocks) {
    each = std::make_unique<std::byte[]>(block_bytes);
  }
  while (!blocks.empty()) {
    blocks.pop_back();
  }
}

long faults_of_rounds() {
  use_blocks();
  const long before = page_faults();
  for (int round = 0; round < rounds; ++round) {
    use_blocks();
  }
  return page_faults() - before;
}

TEST(kept_heap, blocks_that_come_and_go_are_faulted_in_once) {
  if (sanitized) {
    GTEST_SKIP() << "a sanitizer's malloc() takes no notice";
  }
  const auto kept = testing::in_child([] {
    keep_freed_heap();
    const long faults = faults_of_rounds();
    return faults < rounds ? "" : std::to_string(faults) + " faults";
  });
  EXPECT_EQ(testing::complaint_of(kept), "");
}

}  // namespace
}  // namespace jackdaw::tools
