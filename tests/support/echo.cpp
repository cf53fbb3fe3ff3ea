// The echo server and its clients.
#include "echo.hpp"

#include "io_runtimes.hpp"
#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/runtime/gather.hpp>
#include <jackdaw/runtime/spawn.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace jackdaw::testing {

task<void> echo_back(io::tcp_stream stream) {
  io::buffered_reader reader(stream);
  while (true) {
    const io::result<std::size_t> received = co_await reader.fill();
    if (!received.ok() || *received == 0) {
      co_return;
    }
    const auto bytes = reader.buffered();
    const io::result<std::size_t> sent = co_await stream.try_write_all(bytes);
    if (!sent.ok()) {
      co_return;
    }
    reader.consume(bytes.size());
  }
}

task<void> serve_echo(io::tcp_listener& listener) {
  while (true) {
    auto accepted = co_await listener.accept();
    spawn(echo_back(std::move(accepted)));
  }
}

task<std::size_t> talk_to_echo(io::address server, std::uint64_t id, std::size_t messages,
                               std::size_t bytes_max) {
  auto stream = co_await io::tcp_stream::connect(server);
  byte_pattern leaving(id);
  byte_pattern arriving(id);
  std::vector<std::byte> bytes(bytes_max);
  std::size_t answered = 0;
  for (std::size_t message = 0; message < messages; ++message) {
    const auto piece = std::span(bytes).first(1 + (id + message) % bytes_max);
    leaving.fill(piece);
    co_await stream.write_all(piece);
    std::size_t received = 0;
    while (received < piece.size()) {
      const std::size_t count = co_await stream.read_some(piece.subspan(received));
      if (count == 0) {
        co_return answered;
      }
      received += count;
    }
    answered += arriving.matches(piece) ? 1 : 0;
  }
  co_return answered;
}

task<std::size_t> echo_among(std::size_t connections, std::size_t messages, std::size_t bytes_max) {
  auto listener = io::tcp_listener::bind(io::address::loopback(0));
  const io::address there = listener.local_address();
  auto server = spawn(serve_echo(listener), "echo server");
  std::vector<task<std::size_t>> clients;
  clients.reserve(connections);
  for (std::size_t id = 0; id < connections; ++id) {
    clients.push_back(talk_to_echo(there, id, messages, bytes_max));
  }
  const auto answered = co_await gather(std::move(clients));
  std::size_t total = 0;
  for (const std::size_t each : answered) {
    EXPECT_EQ(each, messages);
    total += each;
  }
  server.cancel();
  try {
    co_await server;
  } catch (const cancelled_error&) {
    co_return total;
  }
  ADD_FAILURE() << "the server ended by itself";
  co_return total;
}

}  // namespace jackdaw::testing
