// tests/io/asyncio/socket_name_test.cpp
//
// Goal: a socket's name survives the way into the kernel's form and back, whatever its family is. Method:
// names of all kinds, and real sockets.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/asyncio/socket_name.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <variant>

namespace jackdaw::io::asyncio {
namespace {

TEST(socket_name_test, names_of_all_families_survive_the_kernels_form) {
  const std::string abstract("\0jackdaw", 8);
  for (const socket_name& name :
       {socket_name(address::parse("127.0.0.1:80")), socket_name(address::parse("[::1]:80")),
        socket_name("/run/some.socket"), socket_name(abstract)}) {
    EXPECT_EQ(raw_socket_name(name).name(), name) << name.to_string();
  }
}

TEST(socket_name_test, a_path_is_no_address) {
  const socket_name path("/run/some.socket");
  EXPECT_FALSE(path.is_internet());
  EXPECT_EQ(path.to_string(), "/run/some.socket");
  EXPECT_THROW(static_cast<void>(path.address()), std::bad_variant_access);
}

TEST(socket_name_test, a_path_that_is_too_long_for_the_kernel_is_refused) {
  const socket_name name(std::string(200, 'x'));
  EXPECT_THROW(static_cast<void>(raw_socket_name(name)), std::invalid_argument);
}

TEST(socket_name_test, sockets_are_asked_for_their_names) {
  const testing::stream_pair both = testing::connected_streams();
  EXPECT_EQ(local_name_of(both.left.native_handle()), peer_name_of(both.right.native_handle()));
  EXPECT_TRUE(peer_name_of(both.left.native_handle())->is_internet());
  EXPECT_FALSE(local_name_of(-1).has_value());
  const testing::stream_pair local = testing::local_streams();
  EXPECT_EQ(local_name_of(local.left.native_handle()), socket_name());
}

}  // namespace
}  // namespace jackdaw::io::asyncio
