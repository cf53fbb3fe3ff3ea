// tests/runtime/base/heapq_test.cpp
//
// Goal: ties come out in CPython's order. Method: what CPython 3.11's heapq gave for the same calls,
// and a multiset as oracle of the keys.
#include "../../support/stress.hpp"
#include <jackdaw/runtime/base/heapq.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using jackdaw::testing::random_numbers;
using jackdaw::testing::scaled;

/// Compared by key only, as timers are compared by deadline only.
struct item {
  int key;
  int number;
};

constexpr auto earlier = [](const item& a, const item& b) { return a.key < b.key; };

std::vector<int> popped(std::vector<item>& heap) {
  std::vector<int> numbers;
  while (!heap.empty()) {
    numbers.push_back(heapq::pop(heap, earlier).number);
  }
  return numbers;
}

std::vector<item> heap_of_ties(int count) {
  std::vector<item> heap;
  for (int number = 0; number < count; ++number) {
    heapq::push(heap, item{0, number}, earlier);
  }
  return heap;
}

std::vector<int> ties(int count) {
  auto heap = heap_of_ties(count);
  return popped(heap);
}

/// In a loop there is usually one timer more, which is due later: it takes part in the sifting.
std::vector<int> ties_before_a_later_one(int count) {
  auto heap = heap_of_ties(count);
  heapq::push(heap, item{1, count}, earlier);
  auto numbers = popped(heap);
  EXPECT_EQ(numbers.back(), count);
  numbers.pop_back();
  return numbers;
}

TEST(heapq_test, ties_come_out_as_from_cpython) {
  EXPECT_EQ(ties(1), (std::vector{0}));
  EXPECT_EQ(ties(2), (std::vector{0, 1}));
  EXPECT_EQ(ties(3), (std::vector{0, 1, 2}));
  EXPECT_EQ(ties(4), (std::vector{0, 2, 1, 3}));
  EXPECT_EQ(ties(6), (std::vector{0, 2, 5, 4, 1, 3}));
  EXPECT_EQ(ties(9), (std::vector{0, 2, 6, 8, 5, 7, 4, 1, 3}));
  EXPECT_EQ(ties(16), (std::vector{0, 2, 6, 14, 13, 15, 12, 11, 10, 9, 8, 5, 7, 4, 1, 3}));
}

TEST(heapq_test, ties_with_a_later_timer_behind_them_come_out_as_from_cpython) {
  EXPECT_EQ(ties_before_a_later_one(3), (std::vector{0, 2, 1}));
  EXPECT_EQ(ties_before_a_later_one(4), (std::vector{0, 2, 1, 3}));
  EXPECT_EQ(ties_before_a_later_one(6), (std::vector{0, 2, 5, 1, 3, 4}));
  EXPECT_EQ(ties_before_a_later_one(9), (std::vector{0, 2, 6, 5, 8, 7, 1, 3, 4}));
}

TEST(heapq_test, pushes_and_pops_that_alternate_give_what_cpython_gives) {
  std::vector<item> heap;
  std::vector<int> numbers;
  for (int number = 0; number < 40; ++number) {
    heapq::push(heap, item{number * 7 % 5, number}, earlier);
    if (number % 3 == 2) {
      numbers.push_back(heapq::pop(heap, earlier).number);
    }
  }
  const auto rest = popped(heap);
  numbers.insert(numbers.end(), rest.begin(), rest.end());
  EXPECT_EQ(numbers, (std::vector{0,  5,  3,  10, 8, 15, 20, 13, 25, 18, 30, 35, 23, 38,
                                  28, 33, 21, 16, 1, 36, 31, 6,  26, 11, 19, 9,  29, 34,
                                  39, 4,  14, 24, 2, 32, 22, 37, 7,  27, 17, 12}));
}

TEST(heapq_test, heapify_gives_the_array_that_cpython_gives) {
  std::vector<item> heap;
  for (int number = 0; number < 24; ++number) {
    heap.push_back({number * 11 % 4, number});
  }
  heapq::heapify(heap, earlier);
  std::vector<int> array;
  for (const item& each : heap) {
    array.push_back(each.number);
  }
  EXPECT_EQ(array, (std::vector{12, 20, 0, 8,  4, 23, 14, 16, 3, 19, 22, 11,
                                5,  13, 6, 15, 7, 17, 18, 1,  9, 21, 10, 2}));
  EXPECT_EQ(popped(heap), (std::vector{12, 0, 20, 4,  8,  16, 23, 11, 19, 3,  7,  15,
                                       14, 6, 2,  22, 10, 18, 5,  9,  1,  17, 13, 21}));
}

TEST(heapq_test, heapify_of_nothing_and_of_one_changes_nothing) {
  std::vector<item> heap;
  heapq::heapify(heap, earlier);
  EXPECT_TRUE(heap.empty());
  heap.push_back({1, 7});
  heapq::heapify(heap, earlier);
  EXPECT_EQ(popped(heap), (std::vector{7}));
}

TEST(heapq_test, items_may_be_movable_only) {
  const auto less = [](const std::unique_ptr<int>& a, const std::unique_ptr<int>& b) {
    return *a < *b;
  };
  std::vector<std::unique_ptr<int>> heap;
  for (const int number : {3, 1, 4, 1, 5}) {
    heapq::push(heap, std::make_unique<int>(number), less);
  }
  heapq::heapify(heap, less);
  std::vector<int> numbers;
  while (!heap.empty()) {
    numbers.push_back(*heapq::pop(heap, less));
  }
  EXPECT_EQ(numbers, (std::vector{1, 1, 3, 4, 5}));
}

TEST(heapq_test, random_operations_always_give_the_smallest_key) {
  auto random = random_numbers(30);
  std::vector<item> heap;
  std::multiset<int> oracle;
  std::set<int> numbers;
  for (int step = 0; step < scaled(100'000); ++step) {
    if (heap.empty() || (random() % 5 < 3 && heap.size() < 300)) {
      const int key = static_cast<int>(random() % 50);
      heapq::push(heap, item{key, step}, earlier);
      oracle.insert(key);
      numbers.insert(step);
    } else {
      const item smallest = heapq::pop(heap, earlier);
      ASSERT_EQ(smallest.key, *oracle.begin());
      ASSERT_EQ(numbers.erase(smallest.number), 1U);
      oracle.erase(oracle.begin());
    }
    ASSERT_EQ(heap.size(), oracle.size());
    if (step % 1000 == 0) {
      std::shuffle(heap.begin(), heap.end(), random);
      heapq::heapify(heap, earlier);
    }
  }
}

}  // namespace
}  // namespace jackdaw
