// tests/io/buffered_reader_test.cpp
//
// Goal: the pieces that are read do not depend on how the bytes came, limits and ends are told as
// asyncio tells them, and a cancelled read loses nothing. Method: loopback connections, fed whole, byte
// by byte and in random splits.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::connected_streams;
using testing::send_now;
using testing::stream_pair;
using testing::text_of;

class buffered_reader_test : public testing::io_test {};
JACKDAW_OVER_IO(buffered_reader_test, testing::all_io_kinds());

/// What a read ended with, for comparison: the text, or the error with all that it carries.
task<std::string> told(task<std::string> read) {
  std::string text;
  try {
    text = "\"" + co_await std::move(read) + "\"";
  } catch (const incomplete_read_error& ended) {
    const std::optional<std::size_t> expected = ended.expected();
    text = "incomplete \"" + ended.partial() + "\" of ";
    text += expected.has_value() ? std::to_string(*expected) : "any";
    text += std::string(": ") + ended.what();
  } catch (const limit_overrun_error& over) {
    text = "limit at " + std::to_string(over.consumed()) + ": " + over.what();
  } catch (const error& failed) {
    text = "errno " + std::to_string(failed.number()) + ": " + failed.what();
  } catch (const std::invalid_argument& wrong) {
    text = std::string("invalid: ") + wrong.what();
  }
  co_return text;
}

/// Reads of `reader`, with what they are told, over a connection that has got `text` in one piece.
using script = task<void> (*)(buffered_reader& reader, stream_pair& both);

task<void> play(script body, std::string text, bool ends) {
  stream_pair both = connected_streams();
  buffered_reader reader(both.right);
  send_now(both.left.native_handle(), text);
  if (ends) {
    both.left.shutdown_write();
  }
  co_await body(reader, both);
}

// -- Pieces -----------------------------------------------------------------------------------------

TEST_P(buffered_reader_test, lines_come_with_their_ends_and_the_last_one_without) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      for (const char* const expected :
           {"\"one\n\"", "\"\n\"", "\"two\r\n\"", "\"rest\"", "\"\"", "\"\""}) {
        const std::string line = co_await told(reader.read_line());
        EXPECT_EQ(line, expected);
      }
    }
  };
  run(play(&body::run, "one\n\ntwo\r\nrest", true));
}

TEST_P(buffered_reader_test, a_separator_of_several_bytes_may_overlap_with_itself) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      const std::string first = co_await told(reader.read_until("\r\n\r\n"));
      EXPECT_EQ(first, "\"a\r\nb\r\r\n\r\n\"");
      const std::string second = co_await told(reader.read_until("aab"));
      EXPECT_EQ(second, "\"aaaab\"");
      const std::string third = co_await told(reader.read_until("x"));
      EXPECT_EQ(third, "\"x\"");
    }
  };
  run(play(&body::run, "a\r\nb\r\r\n\r\naaaabx", true));
}

TEST_P(buffered_reader_test, exactly_so_many_bytes_are_read_and_none_at_once) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& both) {
      const std::string none = co_await told(reader.read_exactly(0));
      EXPECT_EQ(none, "\"\"");
      const std::string three = co_await told(reader.read_exactly(3));
      EXPECT_EQ(three, "\"abc\"");
      const std::string some = co_await told(reader.read_some(2));
      EXPECT_EQ(some, "\"de\"");
      const std::string nothing = co_await told(reader.read_some(0));
      EXPECT_EQ(nothing, "\"\"");
      const std::string all = co_await told(reader.read_some());
      EXPECT_EQ(all, "\"f\"");
      both.left.shutdown_write();
      const std::string end = co_await told(reader.read_some());
      EXPECT_EQ(end, "\"\"");
    }
  };
  run(play(&body::run, "abcdef", false));
}

TEST_P(buffered_reader_test, what_is_buffered_can_be_looked_at_and_consumed) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      EXPECT_TRUE(reader.buffered().empty());
      result<std::size_t> count = co_await reader.fill();
      EXPECT_EQ(count.value(), 5U);
      EXPECT_EQ(text_of(reader.buffered()), "hello");
      reader.consume(2);
      EXPECT_EQ(text_of(reader.buffered()), "llo");
      result<std::size_t> end = co_await reader.fill();
      EXPECT_EQ(end.value(), 0U);
      EXPECT_EQ(text_of(reader.buffered()), "llo");
      reader.consume(3);
      EXPECT_EQ(reader.buffered().data(), nullptr) << "empty, so without memory";
    }
  };
  run(play(&body::run, "hello", true));
}

TEST_P(buffered_reader_test, an_empty_reader_that_waits_holds_no_memory) {
  struct body {
    static task<void> run(bool may_look) {
      stream_pair both = connected_streams();
      buffered_reader reader(both.right);
      auto waiting = spawn(reader.read_exactly(1));
      for (int turn = 0; turn < 5; ++turn) {
        co_await yield();
      }
      EXPECT_FALSE(waiting.done());
      if (may_look) {
        EXPECT_EQ(reader.buffered().data(), nullptr);
      }
      send_now(both.left.native_handle(), "x");
      const std::string text = co_await waiting;
      EXPECT_EQ(text, "x");
      EXPECT_EQ(reader.buffered().data(), nullptr);
    }
  };
  // Elsewhere the buffer belongs to the other worker while the read is pending.
  run(body::run(GetParam().one_thread()));
}

// -- Limits -----------------------------------------------------------------------------------------

TEST_P(buffered_reader_test, a_separator_beyond_the_limit_is_told_and_the_data_stay) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      for (int attempt = 0; attempt < 2; ++attempt) {
        const std::string over = co_await told(reader.read_until("\n", 9));
        EXPECT_EQ(over, "limit at 10: Separator is found, but chunk is longer than limit");
      }
      EXPECT_EQ(text_of(reader.buffered()), "0123456789\n");
      const std::string line = co_await told(reader.read_until("\n", 10));
      EXPECT_EQ(line, "\"0123456789\n\"") << "the limit does not count the separator";
    }
  };
  run(play(&body::run, "0123456789\n", false));
}

TEST_P(buffered_reader_test, no_separator_within_the_limit_is_told_and_the_data_stay) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      const std::string over = co_await told(reader.read_until("\n", 9));
      EXPECT_EQ(over, "limit at 10: Separator is not found, and chunk exceed the limit");
      const std::string longer = co_await told(reader.read_until("\r\n\r\n", 6));
      EXPECT_EQ(longer, "limit at 7: Separator is not found, and chunk exceed the limit")
          << "the last three bytes may be the begin of the separator";
      const std::string line = co_await told(reader.read_line(5));
      EXPECT_EQ(line, "limit at 10: Separator is not found, and chunk exceed the limit");
      const std::string all = co_await told(reader.read_exactly(10));
      EXPECT_EQ(all, "\"0123456789\"") << "the limit is that of searching";
    }
  };
  run(play(&body::run, "0123456789", false));
}

TEST_P(buffered_reader_test, a_line_as_long_as_the_limit_is_read_however_large_the_limit_is) {
  struct body {
    static task<void> run(std::size_t size) {
      stream_pair both = connected_streams();
      buffered_reader reader(both.right);
      const std::string line = std::string(size, 'x') + "\n";
      auto sending = spawn(both.left.write_all(bytes_of(line)));
      const std::string got = co_await reader.read_line(size);
      EXPECT_TRUE(got == line) << got.size();
      co_await sending;
      EXPECT_EQ(reader.buffered().data(), nullptr);
    }
  };
  for (const std::size_t size : {1'000U, 65'536U, 1'000'000U}) {
    run(body::run(size));
  }
}

TEST_P(buffered_reader_test, an_empty_separator_is_an_error_of_the_caller) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      const std::string wrong = co_await told(reader.read_until(""));
      EXPECT_EQ(wrong, "invalid: Separator should be at least one-byte string");
    }
  };
  run(play(&body::run, "abc", false));
}

// -- Ends -------------------------------------------------------------------------------------------

TEST_P(buffered_reader_test, an_end_before_the_separator_gives_what_was_there) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      const std::string ended = co_await told(reader.read_until("\n"));
      EXPECT_EQ(ended,
                "incomplete \"abc\" of any: 3 bytes read on a total of undefined expected bytes");
      const std::string again = co_await told(reader.read_until("\n"));
      EXPECT_EQ(again,
                "incomplete \"\" of any: 0 bytes read on a total of undefined expected bytes");
    }
  };
  run(play(&body::run, "abc", true));
}

TEST_P(buffered_reader_test, an_end_before_the_last_byte_gives_what_was_there) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& /*both*/) {
      const std::string ended = co_await told(reader.read_exactly(5));
      EXPECT_EQ(ended, "incomplete \"abc\" of 5: 3 bytes read on a total of 5 expected bytes");
      const std::string again = co_await told(reader.read_exactly(1));
      EXPECT_EQ(again, "incomplete \"\" of 1: 0 bytes read on a total of 1 expected bytes");
    }
  };
  run(play(&body::run, "abc", true));
}

TEST_P(buffered_reader_test, a_reset_is_an_error_of_reads_and_a_result_of_fill) {
  struct body {
    static task<void> run(bool by_fill) {
      stream_pair both = connected_streams();
      buffered_reader reader(both.right);
      const std::string peer = both.right.peer_address().to_string();
      // What was not read makes close() a reset.
      send_now(both.right.native_handle(), "never read");
      static_cast<void>(co_await readable(both.left.native_handle()));
      both.left.close();
      if (by_fill) {
        const result<std::size_t> failed = co_await reader.fill();
        EXPECT_EQ(failed.error_number(), ECONNRESET);
        EXPECT_STREQ(failed.cause().call, "recv");
      } else {
        const std::string failed = co_await told(reader.read_line());
        EXPECT_EQ(failed, "errno 104: recv from " + peer + ": Connection reset by peer");
      }
    }
  };
  run(body::run(true));
  run(body::run(false));
}

TEST_P(buffered_reader_test, a_reader_of_a_closed_stream_gets_an_error) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& both) {
      both.right.close();
      const std::string failed = co_await told(reader.read_line());
      EXPECT_EQ(failed, "errno 9: recv: Bad file descriptor");
    }
  };
  run(play(&body::run, "", false));
}

// -- However the bytes come -------------------------------------------------------------------------

/// How many bytes are sent at a time.
enum class split { whole, bytes, small, random };

task<void> send_split(tcp_stream& to, std::string text, split how, std::uint64_t use) {
  auto random = testing::random_numbers(use);
  const std::span<const std::byte> bytes = bytes_of(text);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    std::size_t count = bytes.size();
    if (how == split::bytes) {
      count = 1;
    } else if (how == split::small) {
      count = 1 + random() % 50;
    } else if (how == split::random) {
      count = 1 + random() % (random() % 4 == 0 ? 20'000 : 20);
    }
    count = std::min(count, bytes.size() - sent);
    co_await to.write_all(bytes.subspan(sent, count));
    sent += count;
    for (auto turns = how == split::whole ? 0 : random() % 3; turns > 0; --turns) {
      co_await yield();
    }
  }
  to.shutdown_write();
}

/// The message, and what is read from it.
struct message {
  std::string text;
  std::vector<std::string> pieces;

  void add(std::string piece) {
    text += piece;
    pieces.push_back(std::move(piece));
  }
};

std::string letters(std::mt19937_64& random, std::size_t count) {
  std::string text(count, ' ');
  for (char& each : text) {
    each = static_cast<char>('a' + random() % 26);
  }
  return text;
}

/// A line, a block that ends with an empty line, and a number of bytes, again and again; and a rest.
message make_message(std::mt19937_64& random, int rounds) {
  message made;
  for (int round = 0; round < rounds; ++round) {
    made.add(letters(random, random() % 30) + "\n");
    made.add("x: " + letters(random, random() % 50) + "\r\ny: \r\r\n\r\n");
    made.add(letters(random, 100));
  }
  made.add(letters(random, 10'000) + "\r\n\r\n");
  made.add(letters(random, 7));
  return made;
}

task<std::vector<std::string>> read_message(tcp_stream& from, int rounds) {
  buffered_reader reader(from);
  std::vector<std::string> pieces;
  for (int round = 0; round < rounds; ++round) {
    pieces.push_back(co_await reader.read_line());
    pieces.push_back(co_await reader.read_until("\r\n\r\n"));
    pieces.push_back(co_await reader.read_exactly(100));
  }
  pieces.push_back(co_await reader.read_until("\r\n\r\n"));
  pieces.push_back(co_await reader.read_line());
  const std::string end = co_await reader.read_some();
  EXPECT_EQ(end, "");
  co_return pieces;
}

task<void> exchange(message sent, int rounds, split how, std::uint64_t use) {
  stream_pair both = connected_streams();
  auto sending = spawn(send_split(both.left, sent.text, how, use));
  const std::vector<std::string> pieces = co_await read_message(both.right, rounds);
  co_await sending;
  EXPECT_EQ(pieces, sent.pieces);
}

TEST_P(buffered_reader_test, the_pieces_are_the_same_however_the_bytes_come) {
  auto random = testing::random_numbers();
  constexpr int rounds = 5;
  const message sent = make_message(random, rounds);
  run(exchange(sent, rounds, split::whole, 1));
  run(exchange(sent, rounds, split::bytes, 2));
  for (int attempt = 0; attempt < testing::scaled(20); ++attempt) {
    run(exchange(sent, rounds, split::random, 3 + static_cast<std::uint64_t>(attempt)));
  }
}

// -- Cancellation -----------------------------------------------------------------------------------

task<std::size_t> fill_once(buffered_reader& reader) {
  result<std::size_t> count = co_await reader.fill();
  co_return count.value();
}

/// Fills, and cancels most fills after a few turns. Gives what came until the end of the stream.
task<std::string> read_with_cancellations(tcp_stream& from, std::uint64_t use, int& cancellations) {
  auto random = testing::random_numbers(use);
  buffered_reader reader(from);
  std::string text;
  for (bool ended = false; !ended;) {
    auto filling = spawn(fill_once(reader));
    if (random() % 8 != 0) {
      for (auto turns = random() % 6; turns > 0; --turns) {
        co_await yield();
      }
      filling.cancel();
    }
    try {
      const std::size_t count = co_await filling;
      ended = count == 0;
    } catch (const cancelled_error&) {
      ++cancellations;
    }
    // Sometimes something stays, so that the next fill receives behind it.
    const auto bytes = reader.buffered();
    const std::size_t taken = ended || random() % 2 == 0 ? bytes.size() : bytes.size() / 2;
    text += text_of(bytes.first(taken));
    reader.consume(taken);
  }
  co_return text;
}

TEST_P(buffered_reader_test, the_cancellation_of_a_pending_fill_loses_no_byte) {
  struct body {
    static task<void> run(std::string text, std::uint64_t use, bool one_thread) {
      stream_pair both = connected_streams();
      int cancellations = 0;
      auto sending = spawn(send_split(both.left, text, split::small, use));
      const std::string got =
          co_await read_with_cancellations(both.right, use + 100, cancellations);
      co_await sending;
      EXPECT_TRUE(got == text) << got.size() << " of " << text.size() << " bytes";
      // Several workers may be quick enough to end each fill before it is cancelled.
      if (one_thread) {
        EXPECT_GT(cancellations, 0);
      }
    }
  };
  auto random = testing::random_numbers();
  for (std::uint64_t round = 0; round < 3; ++round) {
    const auto size = static_cast<std::size_t>(testing::scaled(300'000));
    run(body::run(letters(random, size), round, GetParam().one_thread()));
  }
}

TEST_P(buffered_reader_test, a_read_that_timed_out_is_continued_by_the_next_one) {
  struct body {
    static task<void> run(buffered_reader& reader, stream_pair& both) {
      bool timed_out = false;
      try {
        static_cast<void>(co_await timeout(std::chrono::milliseconds(5), reader.read_line()));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
      EXPECT_EQ(text_of(reader.buffered()), "half a ");
      send_now(both.left.native_handle(), "line\n");
      const std::string line = co_await reader.read_line();
      EXPECT_EQ(line, "half a line\n");
    }
  };
  run(play(&body::run, "half a ", false));
}

}  // namespace
}  // namespace jackdaw::io
