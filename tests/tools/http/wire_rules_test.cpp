// Goal: each rule by itself says what it should about its edges. Whole requests are the business of
// request_parser_test.cpp.

#include <jackdaw/tools/http/wire_rules.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace jackdaw::http::wire {
namespace {

TEST(wire_rules, request_line) {
  EXPECT_EQ(check_request_line("GET / HTTP/1.1", 1), status::none);
  EXPECT_EQ(check_request_line("GET /a HTTP/1.1", 1), status::uri_too_long);
  EXPECT_EQ(check_request_line("", 9), status::bad_request);
  EXPECT_EQ(check_request_line(" ", 9), status::bad_request);
  EXPECT_EQ(check_request_line("  ", 9), status::bad_request);
  EXPECT_EQ(check_request_line("GET / ", 9), status::bad_request);
  EXPECT_EQ(check_request_line("GET / HTTP/9.9", 9), status::version_not_supported);
}

TEST(wire_rules, field_line_permits_exactly_the_bytes_of_the_grammar) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool permitted = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    const std::string line = "X: a" + std::string(1, static_cast<char>(byte)) + "b";
    EXPECT_EQ(check_field_line(line) == status::none, permitted) << byte;
  }
  const std::string_view marks = "!#$%&'*+-.^_`|~";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool permitted = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                           (byte >= 'A' && byte <= 'Z') || byte == ':' ||
                           (byte != 0 && marks.find(static_cast<char>(byte)) != marks.npos);
    const std::string line = "X" + std::string(1, static_cast<char>(byte)) + ": a";
    EXPECT_EQ(check_field_line(line) == status::none, permitted) << byte;
  }
}

TEST(wire_rules, chunk_line) {
  EXPECT_EQ(parse_chunk_line("0"), 0u);
  EXPECT_EQ(parse_chunk_line("fF"), 255u);
  EXPECT_EQ(parse_chunk_line("ffffffffffffffff"), UINT64_MAX);
  EXPECT_EQ(parse_chunk_line("0000000000000001"), 1u);
  EXPECT_EQ(parse_chunk_line("00000000000000001"), std::nullopt);
  EXPECT_EQ(parse_chunk_line("10000000000000000"), std::nullopt);
  EXPECT_EQ(parse_chunk_line("1;a=\"b\""), 1u);
  EXPECT_EQ(parse_chunk_line("1;a=\"b"), std::nullopt);
  for (const char* const bad :
       {"", ";a", "1;", "1 ", "1 ;a", " 1", "-1", "+1", "0x1", "1\r", "g"}) {
    EXPECT_EQ(parse_chunk_line(bad), std::nullopt) << bad;
  }
}

TEST(wire_rules, content_length) {
  EXPECT_EQ(parse_content_length("0"), 0u);
  EXPECT_EQ(parse_content_length("18446744073709551615"), UINT64_MAX);
  for (const char* const bad :
       {"", "+1", "-0", "1,1", "1 ", " 1", "1.", "1e1", "18446744073709551616"}) {
    EXPECT_EQ(parse_content_length(bad), std::nullopt) << bad;
  }
}

TEST(wire_rules, transfer_encoding) {
  EXPECT_EQ(check_transfer_encoding("chunked"), status::none);
  EXPECT_EQ(check_transfer_encoding("CHUNKED"), status::none);
  EXPECT_EQ(check_transfer_encoding("br"), status::not_implemented);
  EXPECT_EQ(check_transfer_encoding("br, chunked"), status::not_implemented);
  EXPECT_EQ(check_transfer_encoding("chunked, br"), status::bad_request);
  EXPECT_EQ(check_transfer_encoding(""), status::bad_request);
}

TEST(wire_rules, host) {
  for (const char* const good :
       {"", "a", "a:1", "a:", "1.2.3.4", "[::1]", "[::1]:65535", "a_b-c.d", "%41"}) {
    EXPECT_TRUE(is_host(good)) << good;
  }
  for (const char* const bad : {":", ":1", "a:b", "a:123456", "a b", "a,b", "a/", "u@a", "a?", "a#",
                                "[", "[]", "[::1", "::1", "[::1]1", "[[::1]]", "a]", "\x80"}) {
    EXPECT_FALSE(is_host(bad)) << bad;
  }
}

}  // namespace
}  // namespace jackdaw::http::wire
