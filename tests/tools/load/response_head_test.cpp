// Goal: the load generator never mistakes one reply for another: where a reply ends is known, or the
// reply is refused.

#include <jackdaw/tools/load/response_head.hpp>

#include <gtest/gtest.h>

#include <string>

namespace jackdaw::load {
namespace {

using state = response_head::state;

constexpr const char* plain =
    "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  14 \r\nDate: y\r\n\r\nHello, World!\n";

TEST(response_head, finds_status_and_sizes) {
  const response_head head = parse_response_head(plain);
  EXPECT_EQ(head.found, state::complete);
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.body_bytes, 14u);
  EXPECT_EQ(head.head_bytes + head.body_bytes, std::string_view(plain).size());
  EXPECT_FALSE(head.closes);
  EXPECT_TRUE(head.good());
}

TEST(response_head, every_prefix_of_a_head_is_incomplete) {
  const std::string_view text(plain);
  const std::size_t head_bytes = parse_response_head(text).head_bytes;
  for (std::size_t size = 0; size < head_bytes; ++size) {
    EXPECT_EQ(parse_response_head(text.substr(0, size)).found, state::incomplete) << size;
  }
  EXPECT_EQ(parse_response_head(text.substr(0, head_bytes)).found, state::complete);
}

TEST(response_head, knows_when_the_server_closes) {
  const std::string length = "Content-Length: 0\r\n\r\n";
  EXPECT_TRUE(parse_response_head("HTTP/1.1 200 OK\r\nConnection: close\r\n" + length).closes);
  EXPECT_TRUE(parse_response_head("HTTP/1.0 200 OK\r\n" + length).closes);
  EXPECT_FALSE(
      parse_response_head("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length).closes);
}

TEST(response_head, replies_without_a_body_need_no_length) {
  EXPECT_EQ(parse_response_head("HTTP/1.1 204 No Content\r\n\r\n").found, state::complete);
  EXPECT_EQ(
      parse_response_head("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").body_bytes, 0u);
  EXPECT_TRUE(parse_response_head("HTTP/1.1 100 Continue\r\n\r\n").interim());
}

TEST(response_head, refuses_what_it_cannot_frame) {
  for (const char* const bad :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/2 200\r\n\r\n", "\r\n\r\n",
        "SSH-2.0-x\r\n"}) {
    EXPECT_EQ(parse_response_head(bad).found, state::malformed) << bad;
  }
  EXPECT_EQ(parse_response_head(std::string(100'000, 'x')).found, state::malformed);
}

}  // namespace
}  // namespace jackdaw::load
