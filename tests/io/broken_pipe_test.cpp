// tests/io/broken_pipe_test.cpp
//
// Goal: writing to nobody is an errno and never a signal, and whoever waits for SIGPIPE still gets his own.
// Method: plain system calls; SIGPIPE has its default effect, which would end this process.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/broken_pipe.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace jackdaw::io {
namespace {

using testing::bytes_of;

TEST(broken_pipe_test, writing_to_nobody_is_an_error_and_leaves_the_signal_mask_as_it_was) {
  auto pipe = testing::make_pipe();
  EXPECT_EQ(write_without_signal(pipe.writes.get(), bytes_of("hello")), 5);
  pipe.reads.close();
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  EXPECT_EQ(write_without_signal(pipe.writes.get(), bytes_of("hello")), -EPIPE);
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGPIPE), sigismember(&after, SIGPIPE));
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0) << "taken back";
}

TEST(broken_pipe_test, a_full_pipe_would_block) {
  auto pipe = testing::make_pipe();
  const std::array<std::byte, 4096> page{};
  ssize_t count = 0;
  while ((count = write_without_signal(pipe.writes.get(), page)) > 0) {
  }
  EXPECT_EQ(count, -EAGAIN);
}

TEST(broken_pipe_test, a_signal_that_was_pending_before_stays) {
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  raise(SIGPIPE);
  auto pipe = testing::make_pipe();
  pipe.reads.close();
  EXPECT_EQ(write_without_signal(pipe.writes.get(), bytes_of("hello")), -EPIPE);
  int number = 0;
  EXPECT_EQ(sigwait(&pipe_signal, &number), 0);
  EXPECT_EQ(number, SIGPIPE);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(broken_pipe_test, bytes_are_moved_from_a_pipe_or_refused_without_a_signal) {
  auto pipe = testing::make_pipe();
  auto streams = testing::local_streams();
  EXPECT_EQ(splice_without_signal(pipe.reads.get(), streams.left.native_handle(), 5), -EAGAIN);
  EXPECT_EQ(write_without_signal(pipe.writes.get(), bytes_of("hello")), 5);
  EXPECT_EQ(splice_without_signal(pipe.reads.get(), streams.left.native_handle(), 4), 4);
  EXPECT_EQ(testing::receive_now(streams.right.native_handle()), "hell");
  streams.right.close();
  EXPECT_EQ(splice_without_signal(pipe.reads.get(), streams.left.native_handle(), 1), -EPIPE);
  pipe.writes.close();
}

TEST(broken_pipe_test, a_file_is_sent_from_an_offset_or_refused_without_a_signal) {
  auto streams = testing::local_streams();
  const file_descriptor from(::open("/proc/version", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(from);
  EXPECT_EQ(sendfile_without_signal(streams.left.native_handle(), from.get(), 6, 7), 7);
  EXPECT_EQ(testing::receive_now(streams.right.native_handle()), "version");
  streams.right.close();
  EXPECT_EQ(sendfile_without_signal(streams.left.native_handle(), from.get(), 0, 5), -EPIPE);
}

}  // namespace
}  // namespace jackdaw::io
