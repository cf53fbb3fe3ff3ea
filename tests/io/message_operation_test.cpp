// tests/io/message_operation_test.cpp
//
// Goal: a message may be moved before it is awaited, and its header moves with it. Method: operations are
// handed through containers and timeouts before they are awaited.
#include "../support/io_runtimes.hpp"
#include <jackdaw/io/message_operation.hpp>
#include <jackdaw/io/udp_socket.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

namespace jackdaw::io {
namespace {

using namespace std::chrono_literals;
using testing::bytes_of;

class message_operation_test : public testing::io_test {};
JACKDAW_OVER_IO(message_operation_test, testing::all_io_kinds());

task<void> move_before_awaiting() {
  auto socket = udp_socket::bind(address::loopback(0));
  auto first = std::make_unique<send_datagram_operation>(
      socket.try_send_to(bytes_of("moved"), socket.local_address()));
  send_datagram_operation sending(std::move(*first));
  // Whoever still used the old place would send to an address of nothing.
  first.reset();
  const result<std::size_t> sent = co_await sending;
  EXPECT_EQ(sent.error_number(), 0);
  std::array<std::byte, 8> into{};
  const datagram got = co_await timeout(10s, socket.receive_from(into));
  EXPECT_EQ(got.size, 5U);
  EXPECT_EQ(got.sender, socket.local_address());
}

TEST_P(message_operation_test, a_message_may_be_moved_until_it_is_awaited) {
  run(move_before_awaiting());
}

}  // namespace
}  // namespace jackdaw::io
