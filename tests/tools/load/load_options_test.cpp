// Goal: a URL is taken apart, or refused with words.

#include <jackdaw/tools/load/load_options.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace jackdaw::load {
namespace {

TEST(parse_url, takes_a_url_apart) {
  const target to = parse_url("http://example.org:8080/a/b?c=d#e");
  EXPECT_EQ(to.host, "example.org");
  EXPECT_EQ(to.port, "8080");
  EXPECT_EQ(to.authority, "example.org:8080");
  EXPECT_EQ(to.path, "/a/b?c=d");
}

TEST(parse_url, knows_the_defaults) {
  const target to = parse_url("http://127.0.0.1");
  EXPECT_EQ(to.host, "127.0.0.1");
  EXPECT_EQ(to.port, "80");
  EXPECT_EQ(to.authority, "127.0.0.1");
  EXPECT_EQ(to.path, "/");
  EXPECT_EQ(parse_url("http://a?q").path, "/?q");
}

TEST(parse_url, takes_the_brackets_off_ipv6) {
  const target to = parse_url("http://[::1]:81/");
  EXPECT_EQ(to.host, "::1");
  EXPECT_EQ(to.authority, "[::1]:81");
}

TEST(parse_url, refuses_the_rest) {
  for (const char* const bad :
       {"", "localhost", "localhost:80/", "https://a/", "ftp://a/", "http://", "http:///x",
        "http://u@a/", "http://a:99999/", "http://a/ b", "http://a/\r\nX: y", "/x"}) {
    EXPECT_THROW(static_cast<void>(parse_url(bad)), std::invalid_argument) << bad;
  }
}

}  // namespace
}  // namespace jackdaw::load
