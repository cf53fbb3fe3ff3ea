// tests/io/byte_buffer_test.cpp
//
// Goal: what goes in comes out, in order, whatever the sizes; an empty buffer holds no memory.
// Method: random operations beside an oracle, a string.
#include "../support/io_runtimes.hpp"
#include "../support/stress.hpp"
#include <jackdaw/io/byte_buffer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::text_of;

void append(byte_buffer& buffer, std::string_view text) { buffer.append(bytes_of(text)); }

TEST(byte_buffer_test, a_new_one_is_empty_and_holds_no_memory) {
  const byte_buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_EQ(buffer.readable().data(), nullptr);
}

TEST(byte_buffer_test, what_is_consumed_to_the_last_byte_gives_the_memory_back) {
  byte_buffer buffer;
  append(buffer, "some bytes");
  EXPECT_NE(buffer.readable().data(), nullptr);
  buffer.consume(4);
  EXPECT_EQ(text_of(buffer.readable()), " bytes");
  buffer.consume(6);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.readable().data(), nullptr);
}

TEST(byte_buffer_test, room_that_was_prepared_and_not_used_is_given_back_on_request) {
  byte_buffer buffer;
  EXPECT_GE(buffer.prepare(100).size(), 100U);
  EXPECT_TRUE(buffer.empty());
  buffer.release_if_empty();
  EXPECT_EQ(buffer.readable().data(), nullptr);
  append(buffer, "x");
  buffer.release_if_empty();
  EXPECT_EQ(text_of(buffer.readable()), "x");
}

TEST(byte_buffer_test, appending_or_consuming_nothing_changes_nothing) {
  byte_buffer buffer;
  buffer.consume(0);
  append(buffer, "");
  EXPECT_TRUE(buffer.empty());
  append(buffer, "ab");
  append(buffer, "");
  buffer.consume(0);
  EXPECT_EQ(text_of(buffer.readable()), "ab");
}

TEST(byte_buffer_test, moving_takes_the_bytes_along_and_leaves_an_empty_buffer) {
  byte_buffer first;
  append(first, "moved");
  first.consume(1);
  byte_buffer second(std::move(first));
  EXPECT_EQ(text_of(second.readable()), "oved");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what it is then is the point.
  append(first, "used again");
  first = std::move(second);
  EXPECT_EQ(text_of(first.readable()), "oved");
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
  append(second, "and again");
  EXPECT_EQ(text_of(second.readable()), "and again");
}

TEST(byte_buffer_test, prepared_room_holds_what_was_written_there_once_it_is_committed) {
  byte_buffer buffer;
  append(buffer, "first ");
  const auto room = buffer.prepare(1000);
  ASSERT_GE(room.size(), 1000U);
  std::memset(room.data(), 'x', 1000);
  buffer.commit(1000);
  EXPECT_EQ(text_of(buffer.readable()), "first " + std::string(1000, 'x'));
}

// A peer that always keeps one byte ahead must not make the buffer grow for ever.
TEST(byte_buffer_test, a_steady_flow_with_little_in_it_needs_no_more_memory_than_that) {
  byte_buffer buffer;
  append(buffer, "x");
  std::vector<const std::byte*> places;
  for (int round = 0; round < 100'000; ++round) {
    append(buffer, std::string(100, 'y'));
    buffer.consume(100);
    places.push_back(buffer.readable().data());
  }
  EXPECT_EQ(buffer.size(), 1U);
  EXPECT_EQ(text_of(buffer.readable()), "y");
  const auto [lowest, highest] = std::minmax_element(places.begin() + 100, places.end());
  EXPECT_LE(*highest - *lowest, 4096) << "one block, a few hundred bytes of it used";
}

TEST(byte_buffer_test, random_operations_agree_with_a_string) {
  auto random = testing::random_numbers(1);
  byte_buffer buffer;
  std::string oracle;
  unsigned char next = 0;
  const auto piece = [&](std::size_t size) {
    std::string text(size, '\0');
    std::generate(text.begin(), text.end(), [&] { return static_cast<char>(next++); });
    return text;
  };
  const int rounds = testing::scaled(100'000);
  for (int round = 0; round < rounds; ++round) {
    // Mostly small, now and then larger than everything that is there.
    const std::size_t size = random() % 20 == 0 ? random() % 5000 : random() % 60;
    switch (random() % 5) {
      case 0:
      case 1: {
        const std::string more = piece(size);
        append(buffer, more);
        oracle += more;
        break;
      }
      case 2: {
        const auto room = buffer.prepare(size);
        ASSERT_GE(room.size(), size);
        const std::string more = piece(size / 2);
        std::copy_n(bytes_of(more).begin(), more.size(), room.begin());
        buffer.commit(more.size());
        oracle += more;
        break;
      }
      case 3: {
        const std::size_t count = std::min(size * 3, oracle.size());
        buffer.consume(count);
        oracle.erase(0, count);
        break;
      }
      default: {
        byte_buffer moved(std::move(buffer));
        buffer = std::move(moved);
        break;
      }
    }
    ASSERT_EQ(buffer.size(), oracle.size());
    ASSERT_EQ(buffer.empty(), oracle.empty());
    if (round % 64 == 0 || oracle.size() < 100) {
      ASSERT_EQ(text_of(buffer.readable()), oracle);
    }
  }
  buffer.consume(oracle.size());
  EXPECT_EQ(buffer.readable().data(), nullptr);
}

TEST(byte_buffer_death_test, consuming_more_than_is_there_aborts) {
  byte_buffer buffer;
  append(buffer, "abc");
  EXPECT_DEATH(buffer.consume(4), "assertion failed");
}

}  // namespace
}  // namespace jackdaw::io
