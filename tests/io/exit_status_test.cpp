// tests/io/exit_status_test.cpp
//
// Goal: the two ways to end are told apart, in numbers and in words.
#include <jackdaw/io/exit_status.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace jackdaw::io {
namespace {

TEST(exit_status_test, a_code_is_no_signal) {
  const exit_status three = exit_status::of_code(3);
  EXPECT_TRUE(three.exited());
  EXPECT_FALSE(three.signalled());
  EXPECT_FALSE(three.success());
  EXPECT_EQ(three.code(), 3);
  EXPECT_EQ(three.signal(), 0);
  EXPECT_EQ(three.returncode(), 3);
  EXPECT_EQ(three.to_string(), "exit code 3");
  EXPECT_TRUE(exit_status::of_code(0).success());
}

TEST(exit_status_test, a_signal_is_no_code) {
  const exit_status killed = exit_status::of_signal(SIGKILL);
  EXPECT_TRUE(killed.signalled());
  EXPECT_FALSE(killed.exited());
  EXPECT_FALSE(killed.success());
  EXPECT_EQ(killed.signal(), SIGKILL);
  EXPECT_EQ(killed.returncode(), -9);
  EXPECT_EQ(killed.to_string(), "signal 9 (Killed)");
  EXPECT_NE(killed, exit_status::of_code(9));
}

}  // namespace
}  // namespace jackdaw::io
