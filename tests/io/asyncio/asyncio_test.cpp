// tests/io/asyncio/asyncio_test.cpp
//
// Goal: one header gives all of asyncio's I/O. Method: a program that includes nothing else of it, and uses a
// server of protocols, a client of streams and a socket by hand together.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/asyncio.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace jackdaw::io {
namespace {

class asyncio_io_test : public testing::io_test {};
JACKDAW_OVER_IO(asyncio_io_test, testing::loop_kinds());

struct echoes : asyncio::protocol {
  void connection_made(const std::shared_ptr<asyncio::transport>& made) override { writes = made; }
  void data_received(std::string_view data) override { writes->write(data); }
  std::shared_ptr<asyncio::transport> writes;
};

task<std::string> three_ways_to_talk() {
  const auto factory = [] { return std::make_shared<echoes>(); };
  const auto serves = co_await asyncio::create_server(factory, "127.0.0.1", 0);
  const asyncio::socket_name where = serves->sockets().front();
  auto [reader, writer] = co_await asyncio::open_connection("127.0.0.1", where.address().port());
  writer.write("streams ");
  std::string all = co_await reader.readexactly(8);
  writer.close();
  {
    socket by_hand = socket::open(AF_INET, SOCK_STREAM);
    co_await asyncio::sock_connect(by_hand, where);
    co_await asyncio::sock_sendall(by_hand, "sockets");
    all += co_await asyncio::sock_recv(by_hand, 7);
  }
  serves->close();
  co_await serves->wait_closed();
  co_return all;
}

TEST_P(asyncio_io_test, protocols_streams_and_sockets_talk_to_each_other) {
  EXPECT_EQ(run(three_ways_to_talk()), "streams sockets");
}

}  // namespace
}  // namespace jackdaw::io
