// tests/runtime/parallel/quicksort_test.cpp
//
// Goal: quicksort sorts whatever it is given, is never quadratic, and loses no element when it is stopped.
// Method: called by hand in the arena, with shapes that are known to be bad for quicksorts, comparisons that
// are counted, that throw, or that cancel.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/parallel/quicksort.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace jackdaw::parallel {
namespace {

constexpr std::size_t length = 100'000;

template <class Less>
void sort_in_arena(std::vector<int>& numbers, Less less, const std::atomic<bool>& cancelled) {
  execution in(cancelled);
  execute(2, [&] { quicksort(in, numbers.begin(), numbers.end(), less); });
}

std::vector<std::vector<int>> bad_shapes() {
  std::vector<int> rising(length);
  std::iota(rising.begin(), rising.end(), 0);
  std::vector<int> falling(rising.rbegin(), rising.rend());
  std::vector<int> equal(length, 7);
  std::vector<int> pipe = rising;
  std::reverse(pipe.begin() + length / 2, pipe.end());
  std::vector<int> saw(length);
  for (std::size_t index = 0; index < length; ++index) {
    saw[index] = static_cast<int>(index % 100);
  }
  return {rising, falling, equal, pipe, saw};
}

std::vector<int> random_order() {
  auto random = testing::random_numbers();
  std::vector<int> numbers(length);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::shuffle(numbers.begin(), numbers.end(), random);
  return numbers;
}

void expect_same_elements(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  std::vector<int> all(length);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(numbers, all);
}

TEST(quicksort_test, bad_shapes_are_sorted_in_few_comparisons) {
  const std::atomic<bool> cancelled{false};
  for (std::vector<int>& numbers : bad_shapes()) {
    std::atomic<std::size_t> comparisons{0};
    sort_in_arena(
        numbers,
        [&comparisons](int a, int b) {
          comparisons.fetch_add(1, std::memory_order_relaxed);
          return a < b;
        },
        cancelled);
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    const double bound = 3.0 * length * std::log2(length);
    EXPECT_LT(static_cast<double>(comparisons.load()), bound);
  }
}

TEST(quicksort_test, a_range_that_may_not_be_cut_is_sorted_all_the_same) {
  const std::atomic<bool> cancelled{false};
  execution in(cancelled);
  std::vector<int> numbers = random_order();
  std::less<> less;
  execute(2, [&] { quicksort(in, numbers.begin(), numbers.end(), less, 0); });
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST(quicksort_test, a_comparison_that_throws_loses_no_element) {
  const std::atomic<bool> cancelled{false};
  for (const int after : {1, 1'000, 200'000}) {
    std::vector<int> numbers = random_order();
    std::atomic<int> left{after};
    const auto less = [&left](int a, int b) {
      if (left.fetch_sub(1, std::memory_order_relaxed) <= 0) {
        throw std::runtime_error("enough");
      }
      return a < b;
    };
    EXPECT_THROW(sort_in_arena(numbers, less, cancelled), std::runtime_error);
    expect_same_elements(numbers);
  }
}

TEST(quicksort_test, a_cancelled_sort_stops_and_loses_no_element) {
  std::atomic<bool> cancelled{false};
  std::vector<int> numbers = random_order();
  std::atomic<int> comparisons{0};
  const auto less = [&](int a, int b) {
    if (comparisons.fetch_add(1, std::memory_order_relaxed) == 1'000) {
      cancelled.store(true);
    }
    return a < b;
  };
  sort_in_arena(numbers, less, cancelled);
  EXPECT_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_LT(comparisons.load(), 4 * static_cast<int>(length));
  expect_same_elements(numbers);
}

}  // namespace
}  // namespace jackdaw::parallel
