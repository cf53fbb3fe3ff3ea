// tests/io/asyncio/stream_reader_test.cpp
//
// Goal: a reader gives what asyncio's gives, and refuses what that refuses (S219 to S227). Method: readers that are
// fed by hand; a transport that only notes whether it is paused.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/stream_reader.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;

class stream_reader_test : public testing::io_test {};
JACKDAW_OVER_IO(stream_reader_test, testing::loop_kinds());

struct pausable : read_transport {
  void close() override {}
  [[nodiscard]] bool is_closing() const noexcept override { return false; }
  void set_protocol(std::shared_ptr<base_protocol> /*next*/) override {}
  [[nodiscard]] std::shared_ptr<base_protocol> get_protocol() const override { return nullptr; }
  [[nodiscard]] const extra_info& get_extra_info() const noexcept override { return info; }
  [[nodiscard]] bool is_reading() const noexcept override { return !paused; }
  void pause_reading() override { paused = true; }
  void resume_reading() override { paused = false; }
  extra_info info;
  bool paused = false;
};

task<> limits() {
  const stream_reader reader(4);
  const auto source = std::make_shared<pausable>();
  reader.set_transport(source);
  EXPECT_THROW(reader.set_transport(source), std::logic_error);
  reader.feed_data("12345678");
  EXPECT_FALSE(source->paused);
  reader.feed_data("9");
  EXPECT_TRUE(source->paused);
  EXPECT_EQ(co_await reader.read(4), "1234");
  EXPECT_TRUE(source->paused);
  EXPECT_EQ(co_await reader.read(1), "5");
  EXPECT_FALSE(source->paused);
  reader.feed_data("abcdefgh");
  EXPECT_TRUE(source->paused);
  auto exact = spawn(reader.readexactly(20));
  co_await let_turns_pass(1);
  EXPECT_FALSE(source->paused);  // Or it would wait for ever.
  reader.feed_data("01234567");
  EXPECT_EQ(co_await exact, "6789abcdefgh01234567");
}

TEST_P(stream_reader_test, a_full_one_pauses_its_transport) { run(limits()); }  // S219

task<std::string> several_separators() {
  const stream_reader reader;
  const std::vector<std::string> separators = {"\r\n", "\n", "END"};
  reader.feed_data("one\r\ntwo\nthreeENDfour");
  std::string all;
  for (int piece = 0; piece < 3; ++piece) {
    all += co_await reader.readuntil(separators) + "|";
  }
  auto split = spawn(reader.readuntil(separators));
  co_await let_turns_pass(1);
  reader.feed_data("E");
  co_await let_turns_pass(1);
  reader.feed_data("ND");
  all += co_await split;
  EXPECT_THROW(co_await reader.readuntil(""), std::invalid_argument);
  EXPECT_THROW(co_await reader.readuntil(std::vector<std::string>()), std::invalid_argument);
  co_return all;
}

TEST_P(stream_reader_test, of_several_separators_the_one_that_ends_first_counts) {
  EXPECT_EQ(run(several_separators()), "one\r\n|two\n|threeEND|fourEND");
}

task<> ends() {
  const stream_reader reader;
  EXPECT_EQ(co_await reader.read(0), "");
  EXPECT_EQ(co_await reader.readexactly(0), "");
  auto all = spawn(reader.read());
  co_await let_turns_pass(1);
  reader.feed_data("a");
  co_await let_turns_pass(2);
  reader.feed_data("b");
  reader.feed_eof();
  EXPECT_EQ(co_await all, "ab");
  EXPECT_TRUE(reader.at_eof());
  EXPECT_THROW(reader.feed_data("late"), std::logic_error);
  std::string partial = "nothing";
  try {
    co_await reader.readuntil();
  } catch (const incomplete_read_error& error) {
    partial = error.partial();
    EXPECT_FALSE(error.expected().has_value());
  }
  EXPECT_EQ(partial, "");
  EXPECT_THROW(stream_reader(0), std::invalid_argument);
}

TEST_P(stream_reader_test, the_end_of_the_stream_ends_all_reads) { run(ends()); }

task<> failures_win() {
  const stream_reader reader;
  reader.feed_data("still there");
  EXPECT_EQ(reader.exception(), nullptr);
  reader.set_exception(std::make_exception_ptr(error(ECONNRESET, "recv")));
  EXPECT_NE(reader.exception(), nullptr);
  EXPECT_THROW(co_await reader.read(1), error);
  EXPECT_THROW(co_await reader.readline(), error);
  EXPECT_THROW(co_await reader.readexactly(1), error);
  EXPECT_THROW(co_await reader.read(), error);
}

TEST_P(stream_reader_test, an_error_comes_before_what_is_buffered) { run(failures_win()); }  // S225

task<std::string> one_waits() {
  const stream_reader reader;
  auto first = spawn(reader.readline());
  co_await let_turns_pass(1);
  std::string said;
  try {
    co_await reader.read(1);
  } catch (const std::runtime_error& error) {
    said = error.what();
  }
  first.cancel();
  co_await let_turns_pass(2);
  EXPECT_TRUE(first.cancelled());
  auto second = spawn(reader.read(1));  // The place is free again.
  co_await let_turns_pass(1);
  reader.feed_data("x");
  EXPECT_EQ(co_await second, "x");
  co_return said;
}

TEST_P(stream_reader_test, one_task_waits_at_a_time) {  // S220
  EXPECT_EQ(run(one_waits()),
            "read() called while another coroutine is already waiting for incoming data");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
