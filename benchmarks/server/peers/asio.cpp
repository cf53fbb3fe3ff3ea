// Boost.Asio: coroutines on one io_context with a concurrency hint of 1, as its manual has them.
// With the argument "http": a minimal responder.
#include "responder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using asio::ip::tcp;
using executor = asio::io_context::executor_type;
using use_awaitable = asio::use_awaitable_t<executor>;
using stream = use_awaitable::as_default_on_t<asio::basic_stream_socket<tcp, executor>>;
using listener = use_awaitable::as_default_on_t<asio::basic_socket_acceptor<tcp, executor>>;

namespace {

asio::awaitable<void, executor> echo(stream peer) {
  std::array<char, 2048> buffer;
  try {
    while (true) {
      const std::size_t count = co_await peer.async_read_some(asio::buffer(buffer));
      co_await asio::async_write(peer, asio::buffer(buffer, count), use_awaitable());
    }
  } catch (const boost::system::system_error&) {
    co_return;  // The end of the stream.
  }
}

asio::awaitable<void, executor> respond(stream peer) {
  std::array<char, 4096> buffer;
  std::string replies;
  try {
    while (true) {
      const std::size_t count = co_await peer.async_read_some(asio::buffer(buffer));
      const std::string_view reply = replies_to({buffer.data(), count}, replies);
      co_await asio::async_write(peer, asio::buffer(reply), use_awaitable());
    }
  } catch (const boost::system::system_error&) {
    co_return;
  }
}

asio::awaitable<void, executor> serve(asio::io_context& context, bool is_http) {
  listener listening(context.get_executor(), {tcp::v4(), 0});
  std::printf("%d\n", static_cast<int>(listening.local_endpoint().port()));
  std::fflush(stdout);
  while (true) {
    stream peer = co_await listening.async_accept();
    peer.set_option(tcp::no_delay(true));
    asio::co_spawn(context.get_executor(),
                   is_http ? respond(std::move(peer)) : echo(std::move(peer)), asio::detached);
  }
}

}  // namespace

int main(int count, char**) {
  asio::io_context context(1);
  asio::co_spawn(context.get_executor(), serve(context, count > 1), asio::detached);
  context.run();
}
