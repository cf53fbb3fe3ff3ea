// tests/runtime/parallel/parallel_test.cpp
//
// Goal: the algorithms do what their names say, for every length, and give what a plain loop gives. Method:
// compared with the standard library's, over lengths around the sizes at which they cut; operations that
// neither commute nor are exact, so that the order of combining shows.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include <jackdaw/runtime/parallel/parallel.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::random_numbers;
using testing::run_in;
using testing::scaled;

class parallel_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(parallel_test, all_kinds());

// Around the number of chunks, and the length that is sorted at a stretch.
const std::vector<std::size_t> lengths = {0, 1, 2, 511, 512, 513, 1023, 1025, 2047, 2049, 20'011};

std::vector<int> random_list(std::size_t length, int below) {
  auto random = random_numbers();
  std::vector<int> numbers(length);
  std::generate(numbers.begin(), numbers.end(),
                [&] { return static_cast<int>(random() % static_cast<unsigned>(below)); });
  return numbers;
}

TEST_P(parallel_test, for_calls_once_for_each_index) {
  run([]() -> task<void> {
    for (const std::size_t length : lengths) {
      std::vector<std::atomic<int>> calls(length + 10);
      co_await parallel::parallel_for(std::size_t{10}, length + 10,
                                      [&calls](std::size_t index) { ++calls[index]; });
      const auto once = std::count(calls.begin() + 10, calls.end(), 1);
      EXPECT_EQ(static_cast<std::size_t>(once), length);
      EXPECT_EQ(std::count(calls.begin(), calls.begin() + 10, 0), 10);
    }
  }());
}

TEST_P(parallel_test, for_takes_negative_indices_and_empty_intervals) {
  run([]() -> task<void> {
    std::atomic<int> sum{0};
    co_await parallel::parallel_for(-3, 3, [&sum](int index) { sum += index; });
    EXPECT_EQ(sum.load(), -3);
    co_await parallel::parallel_for(3, -3, [&sum](int) { sum = 100; });
    EXPECT_EQ(sum.load(), -3);
  }());
}

TEST_P(parallel_test, for_calls_with_each_element_itself) {
  run([]() -> task<void> {
    std::vector<int> numbers(scaled(5'000));
    std::iota(numbers.begin(), numbers.end(), 0);
    co_await parallel::parallel_for(numbers, [](int& number) { number *= 2; });
    for (std::size_t index = 0; index < numbers.size(); ++index) {
      EXPECT_EQ(numbers[index], 2 * static_cast<int>(index));
    }
    const auto some = std::span(numbers).first(2);
    co_await parallel::parallel_for(some, [](int& number) { number = -1; });
    EXPECT_EQ(numbers[1], -1);
    EXPECT_EQ(numbers[2], 4);
  }());
}

TEST_P(parallel_test, any_grain_covers_all) {
  run([]() -> task<void> {
    for (const std::size_t grain : {1U, 2U, 7U, 100U, 1'000'000U}) {
      parallel::options how;
      how.grain = grain;
      std::atomic<int> calls{0};
      co_await parallel::parallel_for(0, 1'000, [&calls](int) { ++calls; }, how);
      EXPECT_EQ(calls.load(), 1'000) << grain;
      const std::vector<int> ones(1'000, 1);
      const int sum = co_await parallel::reduce(ones, 0, std::plus<>(), std::identity(), how);
      EXPECT_EQ(sum, 1'000) << grain;
      std::vector<int> totals(1'000);
      co_await parallel::scan(ones, totals.begin(), std::plus<>(), how);
      EXPECT_EQ(totals.back(), 1'000) << grain;
    }
  }());
}

TEST_P(parallel_test, reduce_combines_in_order) {
  run([]() -> task<void> {
    for (const std::size_t length : lengths) {
      const std::vector<int> numbers = random_list(length, 26);
      std::string expected = "begin:";
      for (const int number : numbers) {
        expected += static_cast<char>('a' + number);
      }
      const auto letter = [](int number) {
        return std::string(1, static_cast<char>('a' + number));
      };
      const std::string text =
          co_await parallel::reduce(numbers, std::string("begin:"), std::plus<>(), letter);
      EXPECT_EQ(text, expected);
    }
  }());
}

TEST_P(parallel_test, reduce_moves_what_cannot_be_copied) {
  run([]() -> task<void> {
    const std::vector<int> numbers(1'000, 3);
    const auto box = [](int number) { return std::make_unique<int>(number); };
    const auto add = [](std::unique_ptr<int> sum, const std::unique_ptr<int>& each) {
      *sum += *each;
      return sum;
    };
    auto zero = std::make_unique<int>(0);
    const std::unique_ptr<int> sum = co_await parallel::reduce(numbers, std::move(zero), add, box);
    EXPECT_EQ(*sum, 3'000);
  }());
}

task<double> sum_of_fractions() {
  std::vector<double> fractions(50'000);
  for (std::size_t index = 0; index < fractions.size(); ++index) {
    fractions[index] = 1.0 / static_cast<double>(index + 1);
  }
  const double sum = co_await parallel::reduce(fractions, 0.0);
  co_return sum;
}

TEST(parallel_reduce_test, an_inexact_sum_is_the_same_with_any_number_of_cores) {
  const double on_one = run_in(testing::pool_of(1), sum_of_fractions());
  for (int round = 0; round < scaled(20); ++round) {
    EXPECT_EQ(run_in(testing::pool_of(4), sum_of_fractions()), on_one);
    EXPECT_EQ(run_in(testing::asyncio_loop(), sum_of_fractions()), on_one);
  }
}

TEST_P(parallel_test, scan_writes_what_the_standard_librarys_writes) {
  run([]() -> task<void> {
    for (const std::size_t length : lengths) {
      std::vector<int> numbers = random_list(length, 1'000);
      std::vector<int> expected(length);
      std::inclusive_scan(numbers.begin(), numbers.end(), expected.begin());
      std::vector<int> totals(length);
      co_await parallel::scan(numbers, totals.begin());
      EXPECT_EQ(totals, expected);
      co_await parallel::scan(numbers, numbers.begin());
      EXPECT_EQ(numbers, expected) << "in place";
    }
  }());
}

TEST_P(parallel_test, scan_combines_in_order) {
  run([]() -> task<void> {
    std::vector<std::string> words;
    for (int index = 0; index < 700; ++index) {
      words.push_back(std::to_string(index) + " ");
    }
    std::vector<std::string> expected(words.size());
    std::inclusive_scan(words.begin(), words.end(), expected.begin());
    std::vector<std::string> joined(words.size());
    co_await parallel::scan(words, joined.begin());
    EXPECT_EQ(joined, expected);
  }());
}

TEST_P(parallel_test, sort_sorts) {
  run([]() -> task<void> {
    for (const std::size_t length : lengths) {
      for (const int below : {1, 3, 1'000'000}) {
        std::vector<int> numbers = random_list(length, below);
        std::vector<int> expected = numbers;
        std::sort(expected.begin(), expected.end());
        co_await parallel::sort(numbers);
        EXPECT_EQ(numbers, expected) << length << " numbers below " << below;
        co_await parallel::sort(numbers);
        EXPECT_EQ(numbers, expected) << "what is sorted stays sorted";
        std::reverse(expected.begin(), expected.end());
        co_await parallel::sort(numbers, std::greater<>());
        EXPECT_EQ(numbers, expected) << "backwards";
      }
    }
  }());
}

TEST_P(parallel_test, sort_moves_what_cannot_be_copied) {
  run([]() -> task<void> {
    std::vector<std::unique_ptr<int>> boxes;
    for (const int number : random_list(10'000, 10'000)) {
      boxes.push_back(std::make_unique<int>(number));
    }
    const auto less = [](const auto& a, const auto& b) { return *a < *b; };
    co_await parallel::sort(boxes, less);
    EXPECT_TRUE(std::is_sorted(boxes.begin(), boxes.end(), less));
  }());
}

template <class R>
constexpr bool accepted = parallel::range<R>;

TEST(parallel_range_test, a_range_that_dies_before_the_await_is_refused) {
  EXPECT_TRUE(accepted<std::vector<int>&>);
  EXPECT_TRUE(accepted<const std::vector<int>&>);
  EXPECT_TRUE(accepted<std::span<int>>);
  EXPECT_FALSE(accepted<std::vector<int>>);
  EXPECT_FALSE(accepted<std::list<int>&>);
}

}  // namespace
}  // namespace jackdaw
