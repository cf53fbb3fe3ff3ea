// tests/cost/http/burst_cost_test.cpp
//
// Goal: what the server can do costs those nothing who do not use it: a request takes no more from the heap than it
// did when there were neither files nor logs nor caps. Method: this program's operator new counts; a burst is made,
// answers one request and goes, as for a client that asks one thing at a time.
#include <jackdaw/tests/tools/scratch_directory.hpp>
#include <jackdaw/tools/http/burst.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <span>
#include <string>

namespace {

std::int64_t blocks_taken = 0;

}  // namespace

void* operator new(std::size_t bytes) {
  void* const block = std::malloc(bytes);
  if (block == nullptr) {
    throw std::bad_alloc();
  }
  ++blocks_taken;
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t /*bytes*/) noexcept { std::free(block); }

namespace jackdaw::http {
namespace {

constexpr int times = 1000;
constexpr time_point start = time_point(std::chrono::hours(1));

// Blocks per thousand requests, each with a burst of its own.
std::int64_t blocks_of(server_context& server, const std::string& target) {
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\n\r\n";
  std::int64_t before = 0;
  for (int number = -times; number < times; ++number) {
    if (number == 0) {
      before = blocks_taken;
    }
    burst work(server);
    const burst::step step = work.advance(std::as_bytes(std::span(request)), start);
    EXPECT_EQ(step.next, burst::wish::read);
    work.sent(start);
  }
  return blocks_taken - before;
}

// The strings of a request and its reply as they grow, and the list of its fields: nothing is kept for an idle
// connection, so each burst begins anew.
constexpr std::int64_t blocks_per_request = 7;

TEST(burst_cost, a_request_takes_as_many_blocks_as_ever) {
  server_context server{server_options{}};
  EXPECT_LE(blocks_of(server, "/"), blocks_per_request * times);
  EXPECT_LE(blocks_of(server, "/json"), blocks_per_request * times);
}

// A file that is known needs no thread of the blocking pool: the burst goes on at once, which blocks_of() checks.
TEST(burst_cost, a_file_that_is_known_is_like_any_other_reply) {
  const test::scratch_directory site;
  site.write("file.txt", std::string(100, 'x'));
  server_options options;
  options.root = site.path();
  server_context server(options);
  ASSERT_EQ(server.files->look_up("/file.txt", start).code, status::ok);
  EXPECT_LE(blocks_of(server, "/file.txt"), (blocks_per_request + 1) * times);
}

}  // namespace
}  // namespace jackdaw::http
