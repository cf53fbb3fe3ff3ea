// tests/io/process_launch_test.cpp
//
// Goal: a start that fails leaves nothing: no child, no descriptor, nobody who waits. Method: in a forked child,
// starts with three pipes and ever one more descriptor to be had, until one succeeds.
#include "../support/forked.hpp"
#include "../support/leak_check.hpp"
#include <jackdaw/io/process_launch.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

namespace jackdaw::io {
namespace {

process_options piped(std::string program) {
  process_options options(std::move(program));
  options.standard_input = stdio::pipe();
  options.standard_output = stdio::pipe();
  options.standard_error = stdio::pipe();
  return options;
}

void set_descriptor_limit(rlim_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = count;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int count_open(int below) {
  int count = 0;
  for (int number = 0; number < below; ++number) {
    count += fcntl(number, F_GETFD) >= 0 ? 1 : 0;
  }
  return count;
}

/// A child without a pidfd is killed and reaped by a thread: soon, but not at once.
void wait_until_childless() {
  while (waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD) {
    std::this_thread::yield();
  }
}

/// "" if starts failed with EMFILE and left nothing, up to one that succeeded.
std::string start_with_ever_more_descriptors() {
  const int free = dup(STDERR_FILENO);
  close(free);
  const int before = count_open(free + 32);
  int failures = 0;
  for (int more = 0; more < 32; ++more) {
    set_descriptor_limit(static_cast<rlim_t>(free + more));
    int failure = 0;
    try {
      const auto started = launch_process(piped("true"));
      siginfo_t ended{};
      waitid(P_PID, static_cast<id_t>(started->pid), &ended, WEXITED);
    } catch (const error& refused) {
      failure = refused.number();
      ++failures;
    }
    wait_until_childless();
    if (count_open(free + 32) != before) {
      return "something was left with " + std::to_string(more) + " descriptors";
    }
    if (failure == 0) {
      return failures >= 6 ? "" : "only " + std::to_string(failures) + " failures";
    }
    if (failure != EMFILE) {
      return "errno " + std::to_string(failure);
    }
  }
  return "never started";
}

TEST(process_launch_test, without_descriptors_for_its_pipes_nothing_is_started_and_nothing_left) {
  EXPECT_EQ(testing::complaint_of(testing::in_child(&start_with_ever_more_descriptors)), "");
}

TEST(process_launch_test, what_is_launched_has_a_number_a_pidfd_and_its_pipes) {
  const auto started = launch_process(piped("cat"));
  EXPECT_EQ(started->program, "cat");
  EXPECT_GT(started->pid, 0);
  EXPECT_FALSE(started->has_group);
  EXPECT_TRUE(started->pidfd);
  EXPECT_TRUE(started->input);
  EXPECT_TRUE(started->output);
  EXPECT_TRUE(started->errors);
  EXPECT_NE(fcntl(started->output.native_handle(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_TRUE(started->try_signal(SIGKILL).ok());
  siginfo_t ended{};
  EXPECT_EQ(waitid(P_PID, static_cast<id_t>(started->pid), &ended, WEXITED), 0);
  EXPECT_EQ(ended.si_status, SIGKILL);
}

TEST(process_launch_test, what_cannot_be_started_is_named) {
  try {
    static_cast<void>(launch_process(process_options("no-such-program")));
    ADD_FAILURE() << "it was started";
  } catch (const error& refused) {
    EXPECT_EQ(std::string(refused.what()), "spawn no-such-program: No such file or directory");
  }
}

}  // namespace
}  // namespace jackdaw::io
