// tests/io/accept_test.cpp
//
// Goal: after a failed accept a listener goes on at once, waits, or gives up, by the error. Method: the
// errors, one by one; listeners that run into them are in their own tests.
#include <jackdaw/io/accept.hpp>
#include <jackdaw/io/error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;

// Some errors are a connection's, some the listener's (P16).
TEST(accept_test, an_error_of_one_connection_does_not_delay_the_next) {
  accept_back_off back_off;
  for (const int number : {ECONNABORTED, EPROTO, EINTR, EAGAIN, EPERM, ETIMEDOUT}) {
    EXPECT_EQ(back_off.after(number), 0ns) << number;
  }
}

// Without descriptors accept fails at once, for ever (B68).
TEST(accept_test, used_up_descriptors_are_waited_for_longer_and_longer_within_bounds) {
  accept_back_off back_off;
  for (const duration expected : {10ms, 20ms, 40ms, 80ms, 100ms, 100ms}) {
    EXPECT_EQ(back_off.after(EMFILE), duration(expected));
  }
}

TEST(accept_test, an_error_of_the_listener_itself_is_thrown) {
  accept_back_off back_off;
  for (const int number : {EBADF, EINVAL, ENOTSOCK}) {
    try {
      static_cast<void>(back_off.after(number));
      ADD_FAILURE() << number;
    } catch (const error& broken) {
      EXPECT_EQ(broken.number(), number);
    }
  }
}

TEST(accept_test, the_request_names_the_listener_as_owner) {
  file_descriptor none;
  const request wanted = accept_request(none);
  EXPECT_EQ(wanted.code, opcode::accept);
  EXPECT_EQ(wanted.owner, &none);
  EXPECT_EQ(wanted.descriptor, -1);
}

}  // namespace
}  // namespace jackdaw::io
