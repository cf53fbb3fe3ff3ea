// tests/runtime/base/random_test.cpp
//
// Goal: victims are picked evenly, and differently by each worker. Method: counting, with the seeds
// that workers use.
#include <jackdaw/runtime/base/random.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace jackdaw {
namespace {

std::vector<std::uint32_t> sequence(std::uint64_t seed, std::uint32_t bound, int length) {
  random_generator random(seed);
  std::vector<std::uint32_t> numbers;
  for (int step = 0; step < length; ++step) {
    numbers.push_back(random.below(bound));
  }
  return numbers;
}

TEST(random_test, numbers_are_below_the_bound) {
  random_generator random(1);
  for (const std::uint32_t bound : {1U, 2U, 3U, 48U, 1'000'003U, 0xFFFFFFFFU}) {
    for (int step = 0; step < 1000; ++step) {
      ASSERT_LT(random.below(bound), bound);
    }
  }
}

TEST(random_test, the_same_seed_gives_the_same_numbers) {
  EXPECT_EQ(sequence(5, 1000, 100), sequence(5, 1000, 100));
}

TEST(random_test, neighbouring_workers_do_not_walk_in_step) {
  for (std::uint64_t seed = 1; seed < 48; ++seed) {
    const auto mine = sequence(seed, 48, 100);
    const auto theirs = sequence(seed + 1, 48, 100);
    int equal = 0;
    for (std::size_t step = 0; step < mine.size(); ++step) {
      equal += mine[step] == theirs[step] ? 1 : 0;
    }
    EXPECT_LT(equal, 20) << "seeds " << seed << " and " << seed + 1;
  }
}

TEST(random_test, every_worker_picks_every_victim_about_equally_often) {
  constexpr std::uint32_t victims = 7;
  constexpr int picks_each = 2000;
  for (std::uint64_t seed = 1; seed <= 48; ++seed) {
    std::array<int, victims> picked{};
    for (const std::uint32_t victim : sequence(seed, victims, victims * picks_each)) {
      ++picked[victim];
    }
    for (const int count : picked) {
      EXPECT_NEAR(count, picks_each, picks_each / 8) << "seed " << seed;
    }
  }
}

TEST(random_test, the_first_pick_already_depends_on_the_seed) {
  std::array<int, 4> picked{};
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    ++picked[random_generator(seed).below(4)];
  }
  for (const int count : picked) {
    EXPECT_GT(count, 60);
  }
}

}  // namespace
}  // namespace jackdaw
