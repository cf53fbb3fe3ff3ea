// tests/io/child_process_test.cpp
//
// Goal: a status is fetched once and kept, and signals never reach a number that may be another's. Method: children
// that are told to end, looked at before and after.
#include <jackdaw/io/child_process.hpp>
#include <jackdaw/io/process_launch.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

namespace jackdaw::io {
namespace {

std::unique_ptr<child_process> sleeper(process_options::group group) {
  process_options options("sleep", {"1000"});
  options.process_group = group;
  return launch_process(options);
}

void wait_for_the_end(const child_process& of) {
  pollfd entry{of.pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&entry, 1, 30'000), 1);
}

TEST(child_process_test, one_that_runs_has_no_status_and_one_that_ended_keeps_it) {
  const auto child = sleeper(process_options::group::same);
  result<std::optional<exit_status>> status = child->look();
  ASSERT_TRUE(status.ok());
  EXPECT_FALSE((*status).has_value());
  EXPECT_TRUE(child->try_signal(SIGTERM).ok());
  wait_for_the_end(*child);
  for (int time = 0; time < 2; ++time) {
    status = child->look();
    ASSERT_TRUE(status.ok());
    EXPECT_EQ(*status, exit_status::of_signal(SIGTERM));
  }
  EXPECT_EQ(child->try_signal(SIGTERM).error_number(), ESRCH);
}

TEST(child_process_test, a_status_that_somebody_else_fetched_is_a_failure) {
  const auto child = sleeper(process_options::group::same);
  ASSERT_TRUE(child->try_signal(SIGKILL).ok());
  int status = 0;
  ASSERT_EQ(waitpid(child->pid, &status, 0), child->pid);
  EXPECT_EQ(child->look().error_number(), ECHILD);
}

TEST(child_process_test, only_a_group_of_its_own_is_signalled_and_only_before_it_is_reaped) {
  const auto in_ours = sleeper(process_options::group::same);
  EXPECT_EQ(in_ours->try_signal_group(SIGKILL).error_number(), EINVAL);
  ASSERT_TRUE(in_ours->try_signal(SIGKILL).ok());
  wait_for_the_end(*in_ours);
  EXPECT_TRUE(in_ours->look().ok());

  const auto alone = sleeper(process_options::group::new_group);
  EXPECT_TRUE(alone->try_signal_group(SIGKILL).ok());
  wait_for_the_end(*alone);
  EXPECT_EQ(*alone->look(), exit_status::of_signal(SIGKILL));
  EXPECT_EQ(alone->try_signal_group(SIGKILL).error_number(), ESRCH);
}

TEST(child_process_test, its_end_is_a_wait_for_the_pidfd) {
  const auto child = sleeper(process_options::group::same);
  const request ending = child->ending();
  EXPECT_EQ(ending.code, opcode::poll);
  EXPECT_EQ(ending.descriptor, child->pidfd.get());
  EXPECT_EQ(ending.flags, POLLIN);
  ASSERT_TRUE(child->try_signal(SIGKILL).ok());
  wait_for_the_end(*child);
  EXPECT_TRUE(child->look().ok());
}

TEST(child_process_test, one_that_is_reaped_in_the_background_leaves_no_zombie) {
  const auto child = sleeper(process_options::group::same);
  ASSERT_TRUE(child->try_signal(SIGKILL).ok());
  reap_in_background(child->pid);
  while (::kill(child->pid, 0) == 0 || errno != ESRCH) {
    std::this_thread::yield();
  }
}

TEST(child_process_test, a_number_that_is_nobodys_has_no_pidfd) {
  EXPECT_FALSE(open_pidfd(-1));
  EXPECT_EQ(errno, EINVAL);
  EXPECT_TRUE(open_pidfd(getpid()));
}

}  // namespace
}  // namespace jackdaw::io
