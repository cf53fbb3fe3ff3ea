// Boost.Asio beside jackdaw: Asio's timer and socket awaited by tasks, and functions that Asio posts to jackdaw.
#include <jackdaw/adapters/asio.hpp>
#include <jackdaw/io/io.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace adapters = jackdaw::adapters;
namespace asio = boost::asio;
namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

task<void> echo_once(io::tcp_listener listener) {
  io::tcp_stream peer = co_await listener.accept();
  std::array<std::byte, 64> buffer;
  const std::size_t count = co_await peer.read_some(buffer);
  co_await peer.write_all(std::span(buffer).first(count));
}

task<void> both() {
  adapters::asio_thread asios;
  asio::steady_timer timer(asios.context(), 1ms);
  co_await timer.async_wait(adapters::awaited_with(timer));
  std::printf("Asio's timer rang\n");

  io::tcp_listener listener = io::tcp_listener::bind(io::address::loopback(0));
  const asio::ip::tcp::endpoint there(asio::ip::address_v4::loopback(),
                                      listener.local_address().port());
  const auto server = jackdaw::spawn(echo_once(std::move(listener)));

  asio::ip::tcp::socket socket(asios.context());
  const auto stops = adapters::awaited_with(socket);
  co_await socket.async_connect(there, stops);
  std::array<char, 5> hello{'h', 'e', 'l', 'l', 'o'};
  co_await asio::async_write(socket, asio::buffer(hello), stops);
  const std::size_t count = co_await asio::async_read(socket, asio::buffer(hello), stops);
  std::printf("Asio's socket read \"%.*s\"\n", static_cast<int>(count), hello.data());
  co_await server;

  timer.expires_after(1h);
  try {
    co_await jackdaw::timeout(5ms, timer.async_wait(adapters::awaited_with(timer)));
  } catch (const jackdaw::timeout_error&) {
    std::printf("Asio's timer was cancelled\n");
  }

  adapters::asio_scheduler here;
  jackdaw::event posted;
  asio::post(asios.context(), [&] {  // On Asio's thread...
    asio::post(here.get_executor(), [&] {
      std::printf("posted to a task\n");  // ... and on one of jackdaw's.
      posted.set();
    });
  });
  co_await posted.wait();
}

int main() { io::run(both()); }
