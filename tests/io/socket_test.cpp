// tests/io/socket_test.cpp
//
// Goal: options, addresses and errors of sockets. Method: loopback, and descriptors that are no sockets.
#include "../support/io_runtimes.hpp"
#include "../support/leak_check.hpp"
#include <jackdaw/io/socket.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <string>
#include <utility>

namespace jackdaw::io {
namespace {

using ::testing::StartsWith;

/// The errno, and who complained.
void expect_error(int number, const std::string& call, const std::function<void()>& body) {
  try {
    body();
    ADD_FAILURE() << call << " did not fail";
  } catch (const error& thrown) {
    EXPECT_EQ(thrown.number(), number) << thrown.what();
    EXPECT_THAT(thrown.what(), StartsWith(call + ":"));
  }
}

// Descriptors that do not block serve the ring, epoll and calls on the spot (P18).
TEST(socket_test, a_new_socket_does_not_block_and_is_not_inherited) {
  const socket made = socket::open(AF_INET, SOCK_STREAM);
  EXPECT_TRUE(made);
  EXPECT_NE(fcntl(made.native_handle(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(made.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(made.option(SOL_SOCKET, SO_TYPE), SOCK_STREAM);
  EXPECT_EQ(made.option(SOL_SOCKET, SO_DOMAIN), AF_INET);
}

TEST(socket_test, datagram_sockets_can_be_had_too) {
  const socket made = socket::open(AF_INET, SOCK_DGRAM);
  EXPECT_EQ(made.option(SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
}

TEST(socket_test, a_family_that_does_not_exist_is_an_error_of_socket) {
  expect_error(EAFNOSUPPORT, "socket", [] { static_cast<void>(socket::open(9999, SOCK_STREAM)); });
}

TEST(socket_test, options_are_read_as_they_were_set) {
  socket made = socket::open(AF_INET, SOCK_STREAM);
  EXPECT_EQ(made.option(IPPROTO_TCP, TCP_NODELAY), 0);
  made.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
  EXPECT_NE(made.option(IPPROTO_TCP, TCP_NODELAY), 0);
  made.set_option(IPPROTO_TCP, TCP_NODELAY, 0);
  EXPECT_EQ(made.option(IPPROTO_TCP, TCP_NODELAY), 0);
  made.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  EXPECT_NE(made.option(SOL_SOCKET, SO_REUSEADDR), 0);
}

TEST(socket_test, options_that_do_not_exist_are_errors) {
  socket made = socket::open(AF_INET, SOCK_STREAM);
  expect_error(ENOPROTOOPT, "setsockopt", [&] { made.set_option(SOL_SOCKET, 9999, 1); });
  expect_error(ENOPROTOOPT, "getsockopt",
               [&] { static_cast<void>(made.option(SOL_SOCKET, 9999)); });
}

TEST(socket_test, without_a_socket_everything_is_an_error) {
  socket none;
  EXPECT_FALSE(none);
  EXPECT_LT(none.native_handle(), 0);
  expect_error(EBADF, "getsockname", [&] { static_cast<void>(none.local_address()); });
  expect_error(EBADF, "getpeername", [&] { static_cast<void>(none.peer_address()); });
  expect_error(EBADF, "setsockopt", [&] { none.set_option(SOL_SOCKET, SO_REUSEADDR, 1); });
  expect_error(EBADF, "getsockopt",
               [&] { static_cast<void>(none.option(SOL_SOCKET, SO_REUSEADDR)); });
  none.close();
}

TEST(socket_test, a_descriptor_that_is_no_socket_is_an_error) {
  auto pipe = testing::make_pipe();
  const socket wrong(std::move(pipe.reads));
  expect_error(ENOTSOCK, "getsockname", [&] { static_cast<void>(wrong.local_address()); });
  expect_error(ENOTSOCK, "getsockopt",
               [&] { static_cast<void>(wrong.option(SOL_SOCKET, SO_TYPE)); });
}

TEST(socket_test, an_unbound_socket_has_the_address_of_nobody_and_no_peer) {
  const socket made = socket::open(AF_INET, SOCK_STREAM);
  EXPECT_EQ(made.local_address().to_string(), "0.0.0.0:0");
  expect_error(ENOTCONN, "getpeername", [&] { static_cast<void>(made.peer_address()); });
}

TEST(socket_test, the_two_ends_of_a_connection_agree_about_their_addresses) {
  const auto both = testing::connected_streams();
  EXPECT_EQ(both.left.local_address(), both.right.peer_address());
  EXPECT_EQ(both.right.local_address(), both.left.peer_address());
  EXPECT_EQ(both.left.local_address().host(), "127.0.0.1");
  EXPECT_NE(both.left.local_address().port(), both.right.local_address().port());
}

TEST(socket_test, addresses_that_are_no_internet_addresses_are_an_error_and_not_garbage) {
  const auto both = testing::local_streams();
  const std::string said = "a socket of family " + std::to_string(AF_UNIX);
  expect_error(EAFNOSUPPORT, "getsockname " + said,
               [&] { static_cast<void>(both.left.local_address()); });
  expect_error(EAFNOSUPPORT, "getpeername " + said,
               [&] { static_cast<void>(both.left.peer_address()); });
}

TEST(socket_test, an_ipv6_socket_has_ipv6_addresses) {
  socket made;
  try {
    made = socket::open(AF_INET6, SOCK_STREAM);
  } catch (const error& refused) {
    GTEST_SKIP() << "no IPv6 here: " << refused.what();
  }
  EXPECT_EQ(made.local_address().to_string(), "[::]:0");
  const address loopback = address::parse("[::1]:0");
  if (bind(made.native_handle(), loopback.raw(), loopback.length()) != 0) {
    GTEST_SKIP() << "IPv6 has no loopback here: errno " << errno;
  }
  EXPECT_TRUE(made.local_address().is_ipv6());
  EXPECT_EQ(made.local_address().host(), "::1");
  EXPECT_NE(made.local_address().port(), 0);
}

TEST(socket_test, it_is_closed_by_close_and_by_its_destructor_and_moves_with_its_descriptor) {
  const std::size_t before = testing::open_descriptors();
  {
    socket made = socket::open(AF_INET, SOCK_STREAM);
    const int number = made.native_handle();
    socket moved = std::move(made);
    EXPECT_FALSE(made);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(moved.native_handle(), number);
    EXPECT_EQ(moved.descriptor().get(), number);
    moved.close();
    moved.close();
    EXPECT_FALSE(moved);
    EXPECT_LT(fcntl(number, F_GETFD), 0);
    const socket another = socket::open(AF_INET, SOCK_STREAM);
    EXPECT_EQ(testing::open_descriptors(), before + 1);
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

}  // namespace
}  // namespace jackdaw::io
