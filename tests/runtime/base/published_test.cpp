// tests/runtime/base/published_test.cpp
//
// Goal: it is the word for its owner, and a number without tears for everybody else. Method: copies and
// assignments; a reader beside a writer that flips between two patterns.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/base/published.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

namespace jackdaw {
namespace {

TEST(published_test, it_copies_like_the_word) {
  int target = 0;
  published<int*> empty;
  EXPECT_EQ(empty.read(), nullptr);
  published<int*> first = &target;
  const published<int*> second = first;
  first = nullptr;
  EXPECT_EQ(static_cast<int*>(first), nullptr);
  EXPECT_EQ(second, &target);
  first = second;
  EXPECT_EQ(first.read(), &target);
}

TEST(published_test, others_see_one_word_or_another) {
  constexpr std::uint64_t patterns[] = {0, ~std::uint64_t{0}};
  published<std::uint64_t> word;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done.load()) {
      const std::uint64_t seen = word.read();
      EXPECT_TRUE(seen == patterns[0] || seen == patterns[1]) << seen;
    }
  });
  for (int round = 0; round < testing::scaled(100'000); ++round) {
    word = patterns[round % 2];
  }
  done.store(true);
  reader.join();
}

}  // namespace
}  // namespace jackdaw
