// Goal: look-ups in a request, and the small text functions they stand on.

#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/http/request_parser.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jackdaw::http {
namespace {

std::optional<std::uint64_t> number_in(std::string_view query, std::string_view key) {
  request_parser parser;
  const std::string text = "GET /?" + std::string(query) + " HTTP/1.0\r\n\r\n";
  EXPECT_EQ(parser.feed(std::as_bytes(std::span(text))).outcome, progress::complete);
  return parser.message().query_number(key);
}

TEST(request, query_number_takes_the_first_pair_of_that_key) {
  EXPECT_EQ(number_in("ms=5", "ms"), 5u);
  EXPECT_EQ(number_in("us=1&ms=5&ms=6", "ms"), 5u);
  EXPECT_EQ(number_in("&&ms=0", "ms"), 0u);
  EXPECT_EQ(number_in("xms=5", "ms"), std::nullopt);
  EXPECT_EQ(number_in("msx=5", "ms"), std::nullopt);
  EXPECT_EQ(number_in("", "ms"), std::nullopt);
}

TEST(request, query_number_takes_nothing_but_digits) {
  for (const char* const bad : {"ms", "ms=", "ms=-1", "ms=+1", "ms=1x", "ms=0x1", "ms=1.5",
                                "ms=18446744073709551616", "ms=%31"}) {
    EXPECT_EQ(number_in(bad, "ms"), std::nullopt) << bad;
  }
}

TEST(request, text_is_compared_without_case_but_only_ascii_letters_have_one) {
  EXPECT_TRUE(equals_ignoring_case("Content-Length", "content-LENGTH"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
}

TEST(request, trim_takes_spaces_and_tabs_off_both_ends) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
}

}  // namespace
}  // namespace jackdaw::http
