// tests/io/passed_descriptors_test.cpp
//
// Goal: what is packed into control memory is what comes out of it, and never more than asked for. Method:
// plain sendmsg() and recvmsg() over a pair of local sockets.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/passed_descriptors.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace jackdaw::io {
namespace {

int send_with(int through, const control_memory& control) {
  std::byte one{};
  iovec piece{&one, 1};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.memory.get();
  header.msg_controllen = control.length;
  return ::sendmsg(through, &header, MSG_DONTWAIT) < 0 ? -errno : 0;
}

std::vector<file_descriptor> receive_with(int from, control_memory control, bool& truncated) {
  std::byte one{};
  iovec piece{&one, 1};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.memory.get();
  header.msg_controllen = control.length;
  EXPECT_EQ(::recvmsg(from, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC), 1);
  truncated = (header.msg_flags & MSG_CTRUNC) != 0;
  std::vector<file_descriptor> taken;
  taken.reserve(passed_descriptors_max);
  take_passed(header, taken);
  return taken;
}

TEST(passed_descriptors_test, none_need_no_memory) {
  EXPECT_EQ(control_to_pass({}).length, 0U);
  EXPECT_EQ(control_to_receive(0).memory, nullptr);
}

TEST(passed_descriptors_test, what_is_packed_comes_out_as_far_as_it_was_asked_for) {
  auto streams = testing::local_streams();
  const std::array<int, 3> three{0, 1, 2};
  bool truncated = false;
  ASSERT_EQ(send_with(streams.left.native_handle(), control_to_pass(three)), 0);
  auto all = receive_with(streams.right.native_handle(), control_to_receive(3), truncated);
  EXPECT_EQ(all.size(), 3U);
  EXPECT_FALSE(truncated);
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](const file_descriptor& each) {
    return (::fcntl(each.get(), F_GETFD) & FD_CLOEXEC) != 0;
  }));
  ASSERT_EQ(send_with(streams.left.native_handle(), control_to_pass(three)), 0);
  auto one = receive_with(streams.right.native_handle(), control_to_receive(1), truncated);
  EXPECT_EQ(one.size(), 1U);
  EXPECT_TRUE(truncated);
}

TEST(passed_descriptors_test, too_many_are_refused_by_the_kernel) {
  auto streams = testing::local_streams();
  const std::vector<int> most(passed_descriptors_max, 0);
  EXPECT_EQ(send_with(streams.left.native_handle(), control_to_pass(most)), 0);
  const std::vector<int> more(2 * passed_descriptors_max, 0);
  EXPECT_EQ(send_with(streams.left.native_handle(), control_to_pass(more)), -EINVAL);
  bool truncated = false;
  const auto taken = receive_with(streams.right.native_handle(),
                                  control_to_receive(2 * passed_descriptors_max), truncated);
  EXPECT_EQ(taken.size(), passed_descriptors_max);
}

}  // namespace
}  // namespace jackdaw::io
