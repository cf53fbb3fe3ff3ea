// tests/io/pipe_test.cpp
//
// Goal: bytes through a pipe arrive whole and in order, its end is seen on both sides, and nobody is
// killed for writing. Method: both ends in one process, the other one by plain system calls.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;
using testing::make_pipe;
using testing::text_of;

class pipe_test : public testing::io_test {};
JACKDAW_OVER_IO(pipe_test, testing::all_io_kinds());

void write_now(int descriptor, std::string_view text) {
  ASSERT_EQ(write(descriptor, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

// The ring does not wait for a pipe that does not block (P18).
TEST_P(pipe_test, a_read_waits_for_the_first_bytes_and_takes_what_is_there) {
  struct body {
    static task<std::string> read_once(pipe_reader& from) {
      std::array<std::byte, 4> into{};
      const std::size_t count = co_await from.read_some(into);
      co_return text_of(std::span(into).first(count));
    }
    static task<void> run() {
      auto ends = make_pipe();
      pipe_reader output(std::move(ends.reads));
      auto reading = spawn(read_once(output));
      for (int turn = 0; turn < 5; ++turn) {
        co_await yield();
      }
      EXPECT_FALSE(reading.done());
      write_now(ends.writes.get(), "abcdef");
      const std::string first = co_await reading;
      const std::string second = co_await read_once(output);
      ends.writes.close();
      const std::string end = co_await read_once(output);
      EXPECT_EQ(first, "abcd");
      EXPECT_EQ(second, "ef");
      EXPECT_EQ(end, "");
    }
  };
  run(body::run());
}

TEST_P(pipe_test, what_is_written_arrives_though_it_is_more_than_a_pipe_holds) {
  struct body {
    static task<void> write_and_close(pipe_writer& to, const std::string& text) {
      co_await to.write_all(bytes_of(text));
      to.close();
    }
    static task<void> run() {
      auto ends = make_pipe();
      pipe_writer input(std::move(ends.writes));
      pipe_reader output(std::move(ends.reads));
      std::vector<std::byte> bytes(1'000'003);
      testing::byte_pattern(7).fill(bytes);
      const std::string text = text_of(bytes);
      auto writing = spawn(write_and_close(input, text));
      const std::string arrived = co_await output.read_to_end();
      co_await writing;
      EXPECT_TRUE(arrived == text) << arrived.size();
    }
  };
  run(body::run());
}

// SIGPIPE would end the program (B47).
TEST_P(pipe_test, writing_to_nobody_is_an_error_and_no_signal) {
  struct body {
    static task<void> run() {
      auto ends = make_pipe();
      pipe_writer input(std::move(ends.writes));
      ends.reads.close();
      const result<std::size_t> written = co_await input.try_write_all(bytes_of("x"));
      EXPECT_EQ(written.error_number(), EPIPE);
      int thrown = 0;
      try {
        co_await input.write_all(bytes_of("x"));
      } catch (const error& failed) {
        thrown = failed.number();
      }
      EXPECT_EQ(thrown, EPIPE);
      sigset_t pending;
      sigpending(&pending);
      EXPECT_EQ(sigismember(&pending, SIGPIPE), 0) << "nor is one left behind";
    }
  };
  run(body::run());
}

TEST_P(pipe_test, a_reader_that_leaves_ends_a_write_that_waits) {
  struct body {
    static task<int> write_much(pipe_writer& to, const std::string& text) {
      const result<std::size_t> written = co_await to.try_write_all(bytes_of(text));
      co_return written.error_number();
    }
    static task<void> run() {
      auto ends = make_pipe();
      pipe_writer input(std::move(ends.writes));
      const std::string text(1'000'000, 'x');
      auto writing = spawn(write_much(input, text));
      for (int turn = 0; turn < 5; ++turn) {
        co_await yield();
      }
      EXPECT_FALSE(writing.done());
      ends.reads.close();
      const int failure = co_await writing;
      EXPECT_EQ(failure, EPIPE);
    }
  };
  run(body::run());
}

TEST_P(pipe_test, the_cancellation_of_a_read_loses_no_byte) {
  struct body {
    static task<void> append_once(pipe_reader& from, std::string& text) {
      std::array<std::byte, 3> into{};
      const std::size_t count = co_await from.read_some(into);
      text += text_of(std::span(into).first(count));
    }
    static task<void> run(int rounds) {
      auto ends = make_pipe();
      pipe_reader output(std::move(ends.reads));
      std::string sent;
      std::string arrived;
      for (int round = 0; round < rounds; ++round) {
        auto reading = spawn(append_once(output, arrived));
        for (int turn = 0; turn < round % 5; ++turn) {
          co_await yield();
        }
        const std::string piece = std::to_string(round);
        write_now(ends.writes.get(), piece);
        sent += piece;
        for (int turn = 0; turn < round % 3; ++turn) {
          co_await yield();
        }
        reading.cancel();
        try {
          co_await reading;
        } catch (const cancelled_error&) {
          // With or without bytes: what counts is the sum.
        }
      }
      ends.writes.close();
      const result<std::size_t> rest = co_await output.try_read_to_end(arrived);
      EXPECT_TRUE(rest.ok());
      EXPECT_EQ(arrived, sent);
    }
  };
  run(body::run(testing::scaled(300)));
}

TEST_P(pipe_test, reading_to_the_end_has_a_deadline_and_keeps_what_it_had_read) {
  struct body {
    static task<void> run() {
      auto ends = make_pipe();
      pipe_reader output(std::move(ends.reads));
      write_now(ends.writes.get(), "kept");
      std::string text;
      bool timed_out = false;
      try {
        static_cast<void>(co_await timeout(20ms, output.try_read_to_end(text)));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
      write_now(ends.writes.get(), " and more");
      ends.writes.close();
      static_cast<void>(co_await output.try_read_to_end(text));
      EXPECT_EQ(text, "kept and more");
    }
  };
  run(body::run());
}

// -- make_pipe() and single writes ------------------------------------------------------------------

task<void> use_both_ends() {
  auto ends = jackdaw::io::make_pipe();
  EXPECT_NE(fcntl(ends.reader.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(ends.writer.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  const std::span<const std::byte> nothing;
  const std::size_t none = co_await ends.writer.write_some(nothing);
  EXPECT_EQ(none, 0U);
  const std::size_t count = co_await ends.writer.write_some(bytes_of("hello"));
  EXPECT_EQ(count, 5U);
  std::array<std::byte, 8> into{};
  const std::size_t arrived = co_await ends.reader.read_some(into);
  EXPECT_EQ(text_of(std::span(into).first(arrived)), "hello");
  ends.writer.close();
  const result<std::size_t> end = co_await ends.reader.try_read_some(into);
  EXPECT_EQ(*end, 0U);
  EXPECT_FALSE(ends.writer);
  const result<std::size_t> closed = co_await ends.writer.try_write_some(bytes_of("x"));
  EXPECT_EQ(closed.error_number(), EBADF);
}

TEST_P(pipe_test, what_goes_in_at_one_end_comes_out_at_the_other) { run(use_both_ends()); }

task<void> fill_with_deadlines() {
  auto ends = jackdaw::io::make_pipe();
  std::vector<std::byte> piece(5000);
  std::size_t written = 0;
  try {
    while (true) {
      // A number that was returned is what is in the pipe, and after a deadline nothing was added.
      written += co_await timeout(5ms, ends.writer.write_some(std::span(piece)));
    }
  } catch (const timeout_error&) {
    EXPECT_GT(written, piece.size());
  }
  ends.writer.close();
  const std::string arrived = co_await ends.reader.read_to_end();
  EXPECT_EQ(arrived.size(), written);
}

TEST_P(pipe_test, a_write_into_a_full_pipe_has_a_deadline_and_counts_every_byte) {
  run(fill_with_deadlines());
}

}  // namespace
}  // namespace jackdaw::io
