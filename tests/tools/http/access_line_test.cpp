// Goal: a line is Combined Log Format plus a number, and one line, whatever a client sends.

#include <jackdaw/tools/http/access_line.hpp>
#include <jackdaw/tools/http/request_parser.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <span>
#include <string>

namespace jackdaw::http {
namespace {

using namespace std::chrono_literals;

const std::string time_of_day =
    R"(\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} \+0000\])";

std::string line_for(const std::string& request_text, status code = status::ok,
                     std::uint64_t bytes = 14) {
  request_parser parser;
  EXPECT_EQ(parser.feed(std::as_bytes(std::span(request_text))).outcome, progress::complete);
  std::string begun;
  append_access_line(begun, "192.0.2.1", &parser.message(), code, bytes);
  std::string line;
  EXPECT_EQ(append_durations(line, begun, 1234us), 1u);
  return line;
}

TEST(access_line, says_who_when_what_and_how) {
  const std::string line = line_for(
      "GET /a?b=c HTTP/1.1\r\nHost: a\r\nReferer: http://b/\r\nUser-Agent: test/1\r\n\r\n");
  EXPECT_TRUE(std::regex_match(line, std::regex("192\\.0\\.2\\.1 - - " + time_of_day +
                                                " \"GET /a\\?b=c HTTP/1\\.1\" 200 14 "
                                                "\"http://b/\" \"test/1\" 1234\n")))
      << line;
}

TEST(access_line, says_nothing_where_there_is_nothing) {
  const std::string line = line_for("DELETE / HTTP/1.0\r\n\r\n", status::method_not_allowed, 0);
  EXPECT_TRUE(
      std::regex_match(line, std::regex("192\\.0\\.2\\.1 - - " + time_of_day +
                                        " \"DELETE / HTTP/1\\.0\" 405 0 \"-\" \"-\" 1234\n")))
      << line;
}

TEST(access_line, a_request_that_could_not_be_read_has_a_line_too) {
  std::string begun;
  append_access_line(begun, "::1", nullptr, status::bad_request, 0);
  std::string line;
  append_durations(line, begun, 0s);
  EXPECT_TRUE(
      std::regex_match(line, std::regex("::1 - - " + time_of_day + " \"-\" 400 0 \"-\" \"-\" 0\n")))
      << line;
}

TEST(access_line, nothing_can_be_forged) {
  const std::string line =
      line_for("GET /\"x\\ HTTP/1.1\r\nHost: a\r\nUser-Agent: \" 200 0 \"\\\t\x80\r\n\r\n");
  EXPECT_NE(line.find("\"GET /\\x22x\\x5C HTTP/1.1\""), std::string::npos) << line;
  EXPECT_NE(line.find("\"\\x22 200 0 \\x22\\x5C\\x09"), std::string::npos) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(std::count(line.begin(), line.end(), '"'), 6);
}

TEST(access_line, lines_of_a_group_have_the_same_duration) {
  std::string lines = "before\n";
  EXPECT_EQ(append_durations(lines, "one \ntwo \nthree \n", 5ms), 3u);
  EXPECT_EQ(lines, "before\none 5000\ntwo 5000\nthree 5000\n");
  EXPECT_EQ(append_durations(lines, "", 5ms), 0u);
}

}  // namespace
}  // namespace jackdaw::http
