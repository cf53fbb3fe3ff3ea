// Goal: what has arrived together is answered together, in order; the connection is told to close when
// it must, and deadlines run from where they should. Method: bytes in, text out, no sockets, no clock.

#include <jackdaw/tools/http/burst.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace jackdaw::http {
namespace {

using namespace std::chrono_literals;

using wish = burst::wish;

constexpr time_point start = time_point(1h);

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) {
    ++count;
  }
  return count;
}

class burst_of_requests : public testing::Test {
 protected:
  burst::step advance(std::string_view bytes, time_point now = start) {
    return work_.advance(std::as_bytes(std::span(bytes)), now);
  }
  std::string take_output() { return std::exchange(work_.output(), {}); }

  static std::string get(std::string_view target, std::string_view field = {}) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(field) + "\r\n";
  }

  server_context server_{server_options{}};
  burst work_{server_};
};

TEST_F(burst_of_requests, replies_are_coalesced_in_order) {
  const std::string requests = get("/") + get("/json") + get("/none");
  const burst::step step = advance(requests);
  EXPECT_EQ(step.next, wish::read);
  EXPECT_EQ(step.consumed, requests.size());
  EXPECT_TRUE(work_.done());
  const std::string output = take_output();
  EXPECT_EQ(count_of(output, "HTTP/1.1 "), 3u);
  EXPECT_LT(output.find("Hello, World!\n"), output.find("{\"message\""));
  EXPECT_LT(output.find("{\"message\""), output.find("404"));
}

TEST_F(burst_of_requests, a_long_output_is_written_before_more_is_answered) {
  const std::string body(40'000, 'x');
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n" + body;
  const std::string requests = post + post + post;
  const burst::step first = advance(requests);
  EXPECT_EQ(first.next, wish::write);
  EXPECT_EQ(first.consumed, 2 * post.size());
  EXPECT_EQ(count_of(take_output(), "HTTP/1.1 200"), 2u);
  EXPECT_EQ(advance(std::string_view(requests).substr(first.consumed)).next, wish::read);
  EXPECT_EQ(count_of(take_output(), "HTTP/1.1 200"), 1u);
}

TEST_F(burst_of_requests, a_request_that_sleeps_holds_back_those_behind_it) {
  const std::string requests = get("/") + get("/sleep?ms=70") + get("/json");
  const burst::step first = advance(requests);
  EXPECT_EQ(first.next, wish::sleep);
  EXPECT_EQ(work_.delay(), 70ms);
  EXPECT_EQ(count_of(take_output(), "HTTP/1.1 200"), 1u);
  const burst::step second = advance(std::string_view(requests).substr(first.consumed));
  EXPECT_EQ(second.next, wish::read);
  const std::string output = take_output();
  EXPECT_LT(output.find("slept"), output.find("{\"message\""));
}

TEST_F(burst_of_requests, the_client_decides_that_a_reply_is_the_last) {
  EXPECT_EQ(advance(get("/", "Connection: close\r\n")).next, wish::close);
  EXPECT_NE(take_output().find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST_F(burst_of_requests, bytes_behind_the_last_request_are_lingered_over) {
  const std::string requests = get("/", "Connection: close\r\n") + get("/");
  EXPECT_EQ(advance(requests).next, wish::abort);
  EXPECT_EQ(count_of(take_output(), "HTTP/1.1 "), 1u);
}

TEST_F(burst_of_requests, a_draining_server_says_goodbye_in_the_last_reply) {
  server_.draining = true;
  EXPECT_EQ(advance(get("/") + get("/")).next, wish::close);
  const std::string output = take_output();
  EXPECT_EQ(count_of(output, "HTTP/1.1 200"), 2u);
  EXPECT_EQ(count_of(output, "Connection: close"), 1u);
}

TEST_F(burst_of_requests, a_drain_that_begins_during_a_sleep_is_noticed) {
  EXPECT_EQ(advance(get("/sleep?ms=5")).next, wish::sleep);
  server_.draining = true;
  EXPECT_EQ(advance("").next, wish::close);
}

TEST_F(burst_of_requests, what_is_malformed_is_refused_once) {
  EXPECT_EQ(advance(get("/") + "nonsense\r\n\r\n").next, wish::abort);
  const std::string output = take_output();
  EXPECT_EQ(count_of(output, "HTTP/1.1 200"), 1u);
  EXPECT_EQ(count_of(output, "HTTP/1.1 400"), 1u);
  EXPECT_EQ(server_.metrics.sum().refusals, 1u);
}

TEST_F(burst_of_requests, the_deadline_of_a_head_runs_from_its_first_byte) {
  const std::string request = get("/");
  EXPECT_EQ(advance(std::string_view(request).substr(0, 5)).next, wish::read);
  EXPECT_FALSE(work_.done());
  EXPECT_EQ(work_.deadline(), start + server_.options.header_timeout);
  static_cast<void>(advance(std::string_view(request).substr(0, 20), start + 3s));
  EXPECT_EQ(work_.deadline(), start + server_.options.header_timeout);
}

TEST_F(burst_of_requests, the_deadline_of_a_body_runs_from_the_end_of_the_head) {
  static_cast<void>(advance("POST /echo HTTP/1.1\r\n"));
  EXPECT_EQ(work_.deadline(), start + server_.options.header_timeout);
  static_cast<void>(advance("Host: a\r\nContent-Length: 9\r\n\r\nh", start + 2s));
  EXPECT_EQ(work_.deadline(), start + 2s + server_.options.body_timeout);
  static_cast<void>(advance("alf", start + 4s));
  EXPECT_EQ(work_.deadline(), start + 2s + server_.options.body_timeout);
}

TEST_F(burst_of_requests, each_request_has_a_deadline_of_its_own) {
  static_cast<void>(advance("GET /"));
  const std::string rest = get("/") + "GET";
  static_cast<void>(advance(rest, start + 5s));
  EXPECT_FALSE(work_.done());
  EXPECT_EQ(work_.deadline(), start + 5s + server_.options.header_timeout);
}

TEST_F(burst_of_requests, a_waiting_client_is_told_to_continue) {
  static_cast<void>(advance(
      "PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
  EXPECT_EQ(take_output(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(advance("x").next, wish::read);
  EXPECT_EQ(count_of(take_output(), "HTTP/1.1 200"), 1u);
}

TEST_F(burst_of_requests, nothing_of_one_is_seen_by_the_next_in_its_memory) {
  const std::string body(100, 'x');
  {
    burst first(server_);
    const std::string request =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + body;
    EXPECT_EQ(first.advance(std::as_bytes(std::span(request)), start).next, wish::read);
    EXPECT_TRUE(first.output().ends_with(body));
  }
  burst second(server_);
  EXPECT_EQ(second.output(), "");
  EXPECT_GT(second.output().capacity(), body.size());  // Else this tests nothing.
  const std::string request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ny";
  EXPECT_EQ(second.advance(std::as_bytes(std::span(request)), start).next, wish::read);
  EXPECT_EQ(count_of(second.output(), "x"), 0u);
  EXPECT_TRUE(second.output().ends_with("\r\n\r\ny"));
}

}  // namespace
}  // namespace jackdaw::http
