// Goal: what append() writes is what RFC 9112 calls a response, and only ever appended.

#include <jackdaw/tools/http/response.hpp>

#include <gtest/gtest.h>

#include <ctime>
#include <regex>
#include <string>

namespace jackdaw::http {
namespace {

const std::string date =
    "Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
    "[0-9]{2}:[0-9]{2}:[0-9]{2} GMT\r\n";

std::string written(const response& reply) {
  std::string out = "before";
  append(out, reply);
  EXPECT_TRUE(out.starts_with("before"));
  return out.substr(6);
}

TEST(response, has_a_status_line_fields_and_body) {
  response reply;
  reply.body = "Hello, World!\n";
  EXPECT_TRUE(std::regex_match(
      written(reply),
      std::regex("HTTP/1\\.1 200 OK\r\nServer: jackdaw\r\n" + date +
                 "Content-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, World!\n")))
      << written(reply);
}

TEST(response, to_head_tells_the_length_and_sends_no_body) {
  response reply;
  reply.body = "Hello";
  reply.head_only = true;
  const std::string text = written(reply);
  EXPECT_NE(text.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(response, says_what_becomes_of_the_connection_only_if_it_is_not_the_default) {
  response reply;
  EXPECT_EQ(written(reply).find("Connection:"), std::string::npos);
  reply.say_keep_alive = true;
  EXPECT_NE(written(reply).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  reply.close = true;
  EXPECT_NE(written(reply).find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(written(reply).find("keep-alive"), std::string::npos);
}

TEST(response, of_405_names_the_methods_that_would_be_right) {
  response reply;
  reply.code = status::method_not_allowed;
  reply.allow = "GET, HEAD";
  const std::string text = written(reply);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_NE(text.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos);
}

TEST(response, refusals_name_their_reason_and_close) {
  for (const status code :
       {status::bad_request, status::request_timeout, status::content_too_large,
        status::uri_too_long, status::expectation_failed, status::header_fields_too_large,
        status::not_implemented, status::service_unavailable, status::version_not_supported}) {
    std::string out;
    append_refusal(out, code);
    const std::string line = "HTTP/1.1 " + std::to_string(static_cast<unsigned>(code)) + " " +
                             std::string(reason_phrase(code)) + "\r\n";
    EXPECT_TRUE(out.starts_with(line)) << out;
    EXPECT_NE(out.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_TRUE(out.ends_with("\r\n\r\n" + std::string(reason_phrase(code)) + "\n"));
  }
}

TEST(response, dates_are_those_of_rfc_9110) {
  EXPECT_EQ(format_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
}

}  // namespace
}  // namespace jackdaw::http
