// tests/io/direct_number_test.cpp
//
// Goal: the number of a direct descriptor names its ring and its slot, and is nobody else's. Method: all
// corners of the range, and system calls.
#include <jackdaw/io/direct_number.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace jackdaw::io {
namespace {

TEST(direct_number_test, ring_and_slot_come_back_and_the_number_is_no_descriptor) {
  for (const unsigned name : {0U, 1U, 511U, direct_names_max - 1}) {
    for (const int slot : {0, 1, 19'999, (1 << direct_slot_bits) - 1}) {
      const int number = direct_number(name, slot);
      EXPECT_TRUE(is_direct(number));
      EXPECT_EQ(direct_name(number), name);
      EXPECT_EQ(direct_slot(number), slot);
      EXPECT_EQ(::close(number), -1);
      EXPECT_EQ(errno, EBADF);
    }
  }
  EXPECT_FALSE(is_direct(-1));
  EXPECT_FALSE(is_direct(0));
  EXPECT_FALSE(is_direct(direct_first - 1));
}

TEST(direct_number_test, one_of_a_ring_that_ended_is_closed_in_silence_and_takes_no_calls) {
  const int number = direct_number(direct_names_max - 1, 3);
  file_descriptor late(number);
  EXPECT_EQ(direct_owner(number), nullptr);
  const plain_descriptor none(number);
  EXPECT_EQ(none.error_number(), EBADF);
  EXPECT_EQ(with_plain_descriptor(number, [](int) { return 0; }), -1);
  EXPECT_EQ(errno, EBADF);
  late.close();
  EXPECT_FALSE(late);
}

TEST(direct_number_test, a_plain_descriptor_is_passed_through_and_stays_open) {
  file_descriptor plain(::dup(2));
  {
    const plain_descriptor same(plain.get());
    EXPECT_EQ(same.get(), plain.get());
  }
  EXPECT_EQ(::close(plain.release()), 0);
}

}  // namespace
}  // namespace jackdaw::io
