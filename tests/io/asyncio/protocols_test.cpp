// tests/io/asyncio/protocols_test.cpp
//
// Goal: a protocol overrides what it cares for; the rest does what asyncio's base classes do. Method: a
// protocol that overrides nothing, over a real connection.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/connections.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace jackdaw::io::asyncio {
namespace {

using testing::let_turns_pass;
using testing::send_now;
using testing::socket_and_peer;

class protocols_test : public testing::io_test {};
JACKDAW_OVER_IO(protocols_test, testing::loop_kinds());

task<bool> closes_at_end_of_stream() {
  socket_and_peer ends;
  const auto factory = [] { return std::make_shared<protocol>(); };
  auto [made, told] = co_await create_connection(factory, ends.take());
  send_now(ends.peer(), "nobody cares");
  co_await let_turns_pass(3);
  const bool open = !made->is_closing();
  ends.pair.right.shutdown_write();
  co_await let_turns_pass(4);
  co_return open && made->is_closing() && made->get_protocol() == nullptr;
}

TEST_P(protocols_test, one_that_overrides_nothing_lets_data_pass_and_closes_at_their_end) {
  EXPECT_TRUE(run(closes_at_end_of_stream()));
}

TEST(protocol_defaults_test, an_end_of_stream_closes) {
  protocol plain;
  EXPECT_FALSE(plain.eof_received());
  datagram_protocol datagrams;
  datagrams.error_received(nullptr);
  datagrams.connection_lost(nullptr);
  plain.pause_writing();
  plain.resume_writing();
}

}  // namespace
}  // namespace jackdaw::io::asyncio
