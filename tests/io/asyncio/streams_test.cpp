// tests/io/asyncio/streams_test.cpp
//
// Goal: clients and servers talk through streams, over TCP and local sockets; what a handler does wrong ends
// its connection and nothing else (S231). Method: echo servers.
#include "../../support/protocol_trace.hpp"
#include <jackdaw/io/asyncio/streams.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

class streams_test : public testing::io_test {};
JACKDAW_OVER_IO(streams_test, testing::loop_kinds());

task<> echo(stream_reader reader, stream_writer writer) {
  while (true) {
    const std::string line = co_await reader.readline();
    if (line.empty()) {
      break;
    }
    writer.write(line);
    co_await writer.drain();
  }
  writer.close();
  co_await writer.wait_closed();
}

task<std::string> talk(std::uint16_t port, int id) {
  auto [reader, writer] = co_await open_connection("127.0.0.1", port);
  std::string all;
  for (int message = 0; message < 20; ++message) {
    writer.write(std::to_string(id * 1000 + message) + "\n");
    all += co_await reader.readline();
  }
  writer.write_eof();
  all += co_await reader.read();
  writer.close();
  co_await writer.wait_closed();
  co_return all;
}

task<> many_clients() {
  const auto serves = co_await start_server(&echo, "127.0.0.1", 0);
  const std::uint16_t port = serves->sockets().front().address().port();
  std::vector<join_handle<std::string>> clients;
  for (int id = 0; id < 30; ++id) {
    clients.push_back(spawn(talk(port, id)));
  }
  for (int id = 0; id < 30; ++id) {
    std::string expected;
    for (int message = 0; message < 20; ++message) {
      expected += std::to_string(id * 1000 + message) + "\n";
    }
    EXPECT_EQ(co_await clients[static_cast<std::size_t>(id)], expected);
  }
  serves->close();
  co_await serves->wait_closed();
}

TEST_P(streams_test, many_clients_are_echoed) { run(many_clients()); }

task<std::string> over_a_path(std::string path) {
  const auto serves = co_await start_unix_server(&echo, path);
  auto [reader, writer] = co_await open_unix_connection(path);
  writer.write("local\n");
  const std::string line = co_await reader.readline();
  writer.close();
  co_await writer.wait_closed();
  serves->close();
  co_await serves->wait_closed();
  co_return line;
}

TEST_P(streams_test, local_sockets_are_streams_too) {
  const std::string path = ::testing::TempDir() + "jackdaw_streams_" + std::to_string(::getpid());
  EXPECT_EQ(run(over_a_path(path)), "local\n");
}

task<> more_than_a_limit() {
  const auto serves = co_await start_server(&echo, "127.0.0.1", 0, server_options(), 1 << 21);
  auto [reader, writer] =
      co_await open_connection("127.0.0.1", serves->sockets().front().address().port(), 1000);
  const std::string line = std::string(1'500'000, 'x') + "\n";
  writer.write(line);
  EXPECT_EQ(co_await reader.readexactly(line.size()), line);
  writer.close();
  serves->close();
  co_await serves->wait_closed();
}

TEST_P(streams_test, a_message_may_be_larger_than_every_buffer) { run(more_than_a_limit()); }

task<std::string> read_all_from(std::shared_ptr<server> serves) {
  auto [reader, writer] =
      co_await open_connection("127.0.0.1", serves->sockets().front().address().port());
  std::string all = co_await reader.read();
  serves->close();
  writer.close();
  co_await serves->wait_closed();
  co_return all;
}

task<> fails(stream_reader /*reader*/, stream_writer writer) {
  writer.write("before");
  co_await yield();
  throw std::runtime_error("handler failed");
}

task<std::string> failing_handler() {
  auto serves = co_await start_server(&fails, "127.0.0.1", 0);
  co_return co_await read_all_from(std::move(serves));
}

TEST_P(streams_test, what_a_handler_throws_is_reported_and_its_connection_closed) {  // S231
  expect_failures();
  EXPECT_EQ(run(failing_handler()), "before");
  EXPECT_NE(failures().text().find("Unhandled exception in client_connected_cb"),
            std::string::npos);
}

task<> is_cancelled(stream_reader /*reader*/, stream_writer /*writer*/) {
  throw cancelled_error();
  co_return;
}

task<std::string> cancelled_handler() {
  auto serves = co_await start_server(&is_cancelled, "127.0.0.1", 0);
  co_return co_await read_all_from(std::move(serves));
}

TEST_P(streams_test, a_cancelled_handler_closes_its_connection_quietly) {
  EXPECT_EQ(run(cancelled_handler()), "");
}

task<std::string> plain_callback() {
  std::string greeting = "from a plain function";
  const auto callback = [greeting](stream_reader /*reader*/, const stream_writer& writer) {
    writer.write(greeting);
  };
  auto serves = co_await start_server(callback, "127.0.0.1", 0);
  co_return co_await read_all_from(std::move(serves));
}

TEST_P(streams_test, a_plain_function_will_do) {
  EXPECT_EQ(run(plain_callback()), "from a plain function");
}

task<> clean_up_at_the_end(std::string& log) {
  testing::socket_and_peer ends;
  auto [reader, writer] = co_await open_connection(ends.take());
  writer.write(std::string(1'000'000, 'x'));
  std::exception_ptr cancelled;
  try {
    co_await sleep(std::chrono::hours(1));
  } catch (const cancelled_error&) {
    cancelled = std::current_exception();
  }
  writer.close();
  const auto closed = spawn(writer.wait_closed());
  std::size_t sent = 0;
  while (!closed.done()) {
    sent += testing::receive_now(ends.peer()).size();
    co_await yield();
  }
  log = sent > 500'000 ? "cleaned up" : "lost";
  std::rethrow_exception(cancelled);
}

task<> spawn_and_leave(std::string& log) {
  static_cast<void>(spawn(clean_up_at_the_end(log)));
  co_await testing::let_turns_pass(5);
}

TEST_P(streams_test, clean_up_at_the_end_of_a_run_may_wait_for_its_connection) {
  std::string log;
  run(spawn_and_leave(log));
  EXPECT_EQ(log, "cleaned up");
}

}  // namespace
}  // namespace jackdaw::io::asyncio
