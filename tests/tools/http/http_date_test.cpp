// Goal: the three forms of RFC 9110 are read, nothing else is, and what we write we read.

#include <jackdaw/tools/http/http_date.hpp>
#include <jackdaw/tools/http/response.hpp>

#include <gtest/gtest.h>

namespace jackdaw::http {
namespace {

TEST(http_date, is_read_in_three_forms) {
  constexpr std::time_t second = 784'111'777;
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), second);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), second);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994"), second);
}

TEST(http_date, what_is_written_is_read) {
  for (const std::time_t second : {0L, 951'782'400L, 1'700'000'000L, 4'102'444'799L}) {
    EXPECT_EQ(parse_date(format_date(second)), second);
  }
}

TEST(http_date, anything_else_is_no_date) {
  for (const char* const text :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT and so on",
        "Sun, 06 Nov 1994 08:49:37 CET", "06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
        "Sun, 36 Nov 1994 08:49:37 GMT", "784111777"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace jackdaw::http
