// System calls that signals interrupt are made again.
#include <jackdaw/io/repeated.hpp>

#include <gtest/gtest.h>

#include <cerrno>

namespace jackdaw::io {
namespace {

TEST(repeated_test, a_call_is_made_again_while_signals_interrupt_it) {
  int calls = 0;
  const int returned = repeated([&] {
    errno = EINTR;
    return ++calls < 3 ? -1 : 7;
  });
  EXPECT_EQ(returned, 7);
  EXPECT_EQ(calls, 3);
}

TEST(repeated_test, another_error_is_given_at_once) {
  int calls = 0;
  const long returned = repeated([&]() -> long {
    ++calls;
    errno = EBADF;
    return -1;
  });
  EXPECT_EQ(returned, -EBADF);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace jackdaw::io
