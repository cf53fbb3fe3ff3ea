// tests/runtime/parallel/chunks_test.cpp
//
// Goal: a range is cut into a bounded number of chunks, and totals go on from slice to slice. Method: the
// functions by hand, with text, whose order shows.
#include <jackdaw/runtime/parallel/chunks.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jackdaw::parallel {
namespace {

TEST(chunks_test, chunks_are_bounded_in_number_unless_a_grain_is_wanted) {
  EXPECT_EQ(grain_for(0, 0), 1U);
  EXPECT_EQ(grain_for(512, 0), 1U);
  EXPECT_EQ(grain_for(513, 0), 2U);
  EXPECT_EQ(chunk_count(1'000'000, grain_for(1'000'000, 0)), 512U);
  EXPECT_EQ(grain_for(1'000'000, 3), 3U);
  EXPECT_EQ(chunk_count(10, 3), 4U);
  EXPECT_EQ(chunk_count(0, 3), 0U);
}

TEST(chunks_test, a_total_goes_on_where_the_slice_before_it_ended) {
  const std::vector<std::string> words = {"a", "b", "c", "d"};
  std::optional<std::string> total;
  std::plus<> combine;
  accumulate(total, words.begin(), 1, combine, std::identity());
  EXPECT_EQ(total, "a");
  accumulate(total, advanced(words.begin(), 1), 3, combine, std::identity());
  EXPECT_EQ(total, "abcd");
}

TEST(chunks_test, totals_are_written_with_what_came_before) {
  const std::vector<std::string> words = {"a", "b", "c"};
  std::vector<std::string> out(3);
  std::plus<> combine;
  std::optional<std::string> none;
  write_totals(none, words.begin(), 2, out.begin(), combine);
  EXPECT_EQ(out, (std::vector<std::string>{"a", "ab", ""}));
  write_totals(none, advanced(words.begin(), 2), 1, advanced(out.begin(), 2), combine);
  EXPECT_EQ(out[2], "abc");
  std::optional<std::string> some = "x";
  write_totals(some, words.begin(), 1, out.begin(), combine);
  EXPECT_EQ(out[0], "xa");
}

}  // namespace
}  // namespace jackdaw::parallel
