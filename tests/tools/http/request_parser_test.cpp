// Goal: the parser accepts what RFC 9112 lets a client send, refuses everything that two readers
// could understand in two ways, and says so with the right status. Method: a table of raw bytes and
// the trace they must leave (parse_trace.hpp); every row is parsed whole, byte by byte, and cut at
// random, and must leave the same trace.

#include <jackdaw/tests/tools/http/parse_trace.hpp>
#include <jackdaw/tests/tools/http/request_cases.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace jackdaw::http {
namespace {

std::vector<request_case> all_cases() {
  std::vector<request_case> all;
  for (const auto& part : {well_formed_cases(), syntax_cases(), framing_cases(), limit_cases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

TEST(request_parser, every_row_leaves_its_trace) {
  for (const request_case& row : all_cases()) {
    EXPECT_EQ(trace_of(row.bytes), row.trace) << row.name;
  }
}

TEST(request_parser, verdict_does_not_depend_on_how_the_bytes_arrive) {
  const char* const chosen =
      std::getenv("JACKDAW_TEST_SEED");  // NOLINT(concurrency-mt-unsafe): one thread.
  const auto seed = chosen != nullptr ? std::strtoul(chosen, nullptr, 10) : std::random_device{}();
  std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
  for (const request_case& row : all_cases()) {
    ASSERT_EQ(trace_of(row.bytes, [] { return std::size_t{1}; }), row.trace) << row.name;
    for (int round = 0; round < 50; ++round) {
      const std::size_t longest = 1 + random() % (row.bytes.size() + 1);
      const auto piece = [&] { return 1 + random() % longest; };
      ASSERT_EQ(trace_of(row.bytes, piece), row.trace)
          << row.name << ", round " << round << ", JACKDAW_TEST_SEED=" << seed;
    }
  }
}

TEST(request_parser, rows_have_names_of_their_own) {
  std::set<std::string> names;
  for (const request_case& row : all_cases()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  EXPECT_GE(names.size(), 200u);
}

TEST(request_parser, fields_are_found_whatever_their_case_and_stripped_of_space) {
  request_parser parser;
  const std::string_view text =
      "GET / HTTP/1.1\r\nHost: a\r\nX-Long:  \t two words \t\r\nX-No:\r\n\r\n";
  ASSERT_EQ(parser.feed(std::as_bytes(std::span(text))).outcome, progress::complete);
  EXPECT_EQ(parser.message().field("x-lONG"), "two words");
  EXPECT_EQ(parser.message().field("x-no"), "");
  EXPECT_EQ(parser.message().field("x-none"), std::nullopt);
  EXPECT_EQ(parser.message().field_count(), 3u);
  EXPECT_EQ(parser.message().target(), "/");
}

TEST(request_parser, one_request_is_consumed_at_a_time) {
  request_parser parser;
  const std::string_view first = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  const std::string both = std::string(first) + "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto step = parser.feed(std::as_bytes(std::span(both)));
  EXPECT_EQ(step.outcome, progress::complete);
  EXPECT_EQ(step.consumed, first.size());
  EXPECT_EQ(parser.message().body(), "hi");
}

TEST(request_parser, a_half_received_line_is_left_to_the_caller) {
  request_parser parser;
  const std::string_view text = "GET / HTTP/1.1\r\nHost: a\r\nX-Half";
  const auto step = parser.feed(std::as_bytes(std::span(text)));
  EXPECT_EQ(step.outcome, progress::need_more);
  EXPECT_EQ(step.consumed, text.size() - std::string_view("X-Half").size());
  EXPECT_TRUE(parser.in_head());
}

TEST(request_parser, continue_is_asked_for_once_and_only_while_the_body_is_awaited) {
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  request_parser parser;
  EXPECT_FALSE(parser.take_continue());
  ASSERT_EQ(parser.feed(std::as_bytes(std::span(head))).outcome, progress::need_more);
  EXPECT_FALSE(parser.in_head());
  EXPECT_TRUE(parser.take_continue());
  EXPECT_FALSE(parser.take_continue());

  // A client that did not wait gets no interim reply: it would be read as the final one.
  parser.reset();
  const std::string with_body = head + "h";
  ASSERT_EQ(parser.feed(std::as_bytes(std::span(with_body))).outcome, progress::need_more);
  EXPECT_FALSE(parser.take_continue());
}

TEST(request_parser, an_http_1_0_client_is_never_told_to_continue) {
  request_parser parser;
  const std::string_view head =
      "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  ASSERT_EQ(parser.feed(std::as_bytes(std::span(head))).outcome, progress::need_more);
  EXPECT_FALSE(parser.take_continue());
}

// The parser must survive anything; what it accepts must be what it was given.
TEST(request_parser, random_damage_never_crashes_and_never_depends_on_the_cut) {
  std::vector<request_case> seeds = well_formed_cases();
  const std::vector<request_case> more = framing_cases();
  seeds.insert(seeds.end(), more.begin(), more.end());
  std::mt19937 random(20240229);
  using namespace std::string_view_literals;
  static constexpr auto alphabet = "\r\n\0 \t:;,\"0123456789abcfGETxHP/.*#\x7f\x80"sv;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = seeds[random() % seeds.size()].bytes;
    if (bytes.size() > 600) {
      continue;
    }
    for (std::size_t edits = random() % 3; edits > 0 && !bytes.empty(); --edits) {
      const std::size_t at = random() % bytes.size();
      const char letter = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          bytes[at] = letter;
          break;
        case 1:
          bytes.insert(at, 1, letter);
          break;
        default:
          bytes.erase(at, 1 + random() % 3);
      }
    }
    const std::string whole = trace_of(bytes);
    ASSERT_EQ(trace_of(bytes, [] { return std::size_t{1}; }), whole)
        << testing::PrintToString(bytes);
    const auto piece = [&] { return 1 + random() % 40; };
    ASSERT_EQ(trace_of(bytes, piece), whole) << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace jackdaw::http
