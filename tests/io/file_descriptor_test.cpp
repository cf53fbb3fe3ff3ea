// tests/io/file_descriptor_test.cpp
//
// Goal: a descriptor is closed once, by its owner, and never under an operation; a number that comes
// back is told apart. Method: descriptors of /dev/null, counted through /proc/self/fd.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/file_descriptor.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace jackdaw::io {
namespace {

using testing::open_descriptors;

int open_null() { return open("/dev/null", O_RDWR | O_CLOEXEC); }

bool is_open(int number) { return fcntl(number, F_GETFD) != -1 || errno != EBADF; }

TEST(file_descriptor_test, an_empty_one_owns_nothing_and_may_be_closed_any_number_of_times) {
  const std::size_t before = open_descriptors();
  file_descriptor none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
  none.close();
  none.close();
  file_descriptor failed(-1);
  EXPECT_FALSE(failed);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(file_descriptor_test, the_destructor_closes_it) {
  int number = -1;
  {
    const file_descriptor owner(open_null());
    number = owner.get();
    EXPECT_TRUE(owner);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(file_descriptor_test, closing_twice_closes_nobody_elses_descriptor) {
  file_descriptor owner(open_null());
  const int number = owner.get();
  owner.close();
  EXPECT_EQ(owner.get(), -1);
  const file_descriptor other(open_null());
  EXPECT_EQ(other.get(), number) << "the kernel gives the lowest free number";
  owner.close();
  EXPECT_TRUE(is_open(number));
}

TEST(file_descriptor_test, moving_gives_it_away_and_assigning_closes_what_was_there) {
  file_descriptor first(open_null());
  const int first_number = first.get();
  file_descriptor second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what it is then is the point.
  EXPECT_EQ(second.get(), first_number);

  file_descriptor third(open_null());
  const int third_number = third.get();
  third = std::move(second);
  EXPECT_EQ(third.get(), first_number);
  EXPECT_FALSE(is_open(third_number));

  file_descriptor& same = third;
  third = std::move(same);
  EXPECT_EQ(third.get(), first_number) << "moved onto itself";
}

TEST(file_descriptor_test, release_gives_the_number_to_the_caller) {
  file_descriptor owner(open_null());
  const int number = owner.release();
  EXPECT_FALSE(owner);
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(file_descriptor_test, a_number_that_comes_back_has_another_generation) {
  file_descriptor first(open_null());
  const int number = first.get();
  const auto before = descriptor_generation(number);
  first.close();
  const file_descriptor second(open_null());
  ASSERT_EQ(second.get(), number);
  EXPECT_NE(descriptor_generation(number), before);
}

// A library that was given the number closes it behind our back: only taking it over again can tell.
TEST(file_descriptor_test,
     a_number_that_was_released_and_closed_elsewhere_has_another_generation_too) {
  file_descriptor first(open_null());
  const int number = first.get();
  const auto before = descriptor_generation(number);
  ::close(first.release());
  const file_descriptor second(open_null());
  ASSERT_EQ(second.get(), number);
  EXPECT_NE(descriptor_generation(number), before);
}

TEST(file_descriptor_test, the_generation_of_an_owned_descriptor_stays_while_it_moves) {
  file_descriptor first(open_null());
  const auto before = descriptor_generation(first.get());
  const file_descriptor second(std::move(first));
  EXPECT_EQ(descriptor_generation(second.get()), before);
}

TEST(file_descriptor_test, numbers_outside_of_the_table_have_generation_0) {
  EXPECT_EQ(descriptor_generation(-1), 0U);
  EXPECT_EQ(descriptor_generation(1 << 30), 0U);
}

// P5: the kernel would go on with the operation, and with the number's next owner.
TEST(file_descriptor_death_test, closing_under_a_pending_operation_aborts) {
  file_descriptor owner(open_null());
  owner.operation_began();
  EXPECT_DEATH(owner.close(), "pending_");
  EXPECT_DEATH(static_cast<void>(owner.release()), "pending_");
  EXPECT_DEATH(file_descriptor(std::move(owner)), "pending_");
  owner.operation_ended();
}

}  // namespace
}  // namespace jackdaw::io
