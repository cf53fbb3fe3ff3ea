// tests/io/tls/tls_transport_test.cpp
//
// Goal: what TLS stands on moves bytes, tells the end, and holds no memory while it waits. Method: over
// all runtimes, TCP and another stream, against plain system calls.
#include "../../support/io_runtimes.hpp"
#include <jackdaw/io/tls/tls_transport.hpp>
#include <jackdaw/runtime/runtime.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

namespace jackdaw::io {
namespace {

using testing::bytes_of;
using testing::connected_streams;
using testing::receive_now;
using testing::send_now;
using testing::text_of;

class tls_transport_test : public testing::io_test {};
JACKDAW_OVER_IO(tls_transport_test, testing::all_io_kinds());

/// A stream of another type.
class other_stream {
 public:
  explicit other_stream(tcp_stream below) noexcept : below_(std::move(below)) {}
  transfer_operation try_read_some(std::span<std::byte> into) { return below_.try_read_some(into); }
  transfer_operation try_write_some(std::span<const std::byte> from) {
    return below_.try_write_some(from);
  }
  void close() noexcept { below_.close(); }

 private:
  tcp_stream below_;
};

task<void> move_bytes(std::unique_ptr<tls_transport> transport, tcp_stream peer) {
  byte_buffer arrived;
  send_now(peer.native_handle(), "hello ");
  const result<std::size_t> first = co_await transport->receive(arrived);
  EXPECT_EQ(*first, 6U);
  send_now(peer.native_handle(), "again");
  const result<std::size_t> second = co_await transport->receive(arrived);
  EXPECT_EQ(*second, 5U);
  EXPECT_EQ(text_of(arrived.readable()), "hello again");
  arrived.consume(arrived.size());
  const std::string much(20'000, 'x');
  send_now(peer.native_handle(), much);
  while (arrived.size() < much.size()) {
    const result<std::size_t> more = co_await transport->receive(arrived);
    EXPECT_GT(*more, 0U);
  }
  EXPECT_EQ(text_of(arrived.readable()), much);
  const result<std::size_t> sent = co_await transport->send(bytes_of("bye"));
  EXPECT_EQ(*sent, 3U);
  EXPECT_EQ(receive_now(peer.native_handle()), "bye");
  peer.shutdown_write();
  const result<std::size_t> end = co_await transport->receive(arrived);
  EXPECT_EQ(*end, 0U);
  transport->close();
  EXPECT_EQ(recv(peer.native_handle(), arrived.prepare(1).data(), 1, 0), 0) << "closed";
}

TEST_P(tls_transport_test, bytes_go_both_ways_over_tcp) {
  auto streams = connected_streams();
  run(move_bytes(make_tls_transport(std::move(streams.left)), std::move(streams.right)));
}

TEST_P(tls_transport_test, bytes_go_both_ways_over_any_stream) {
  auto streams = connected_streams();
  auto other = make_tls_transport(other_stream(std::move(streams.left)));
  EXPECT_EQ(other->peer(), "");
  run(move_bytes(std::move(other), std::move(streams.right)));
}

TEST_P(tls_transport_test, the_peer_of_a_connection_has_a_name_even_when_it_is_gone) {
  auto streams = connected_streams();
  const std::string address = streams.left.peer_address().to_string();
  const auto transport = make_tls_transport(std::move(streams.left));
  streams.right.close();
  transport->close();
  EXPECT_EQ(transport->peer(), address);
  auto local = testing::local_streams();
  EXPECT_EQ(make_tls_transport(std::move(local.left))->peer(), "") << "has no address";
}

}  // namespace
}  // namespace jackdaw::io
