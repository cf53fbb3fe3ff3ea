// S228, S230, S231, S240: a server of streams and two clients, turn by turn.
#include "../case.hpp"
#include <jackdaw/io/asyncio/streams.hpp>

#include <cctype>

namespace jackdaw::conformance {
namespace {

std::vector<std::string> handlers;

std::string upper(std::string text) {
  for (char& each : text) {
    each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
  }
  return text;
}

task<> handler(io::asyncio::stream_reader r, io::asyncio::stream_writer w) {
  const std::size_t n = handlers.size();
  handlers.push_back(asyncio::current_task().name());
  log("handler", n);
  while (true) {
    const std::string line = co_await r.readline();
    if (line.empty()) {
      break;
    }
    log("handler", n, "got", bytes_repr(line));
    w.write(upper(line));
    co_await w.drain();
  }
  log("handler", n, "end of stream", r.at_eof());
  w.close();
  log("handler", n, "closing", w.is_closing());
  co_await w.wait_closed();
  log("handler", n, "done");
}

task<> client(std::uint16_t port, int n) {
  auto [r, w] = co_await io::asyncio::open_connection("127.0.0.1", port);
  log("client", n, "connected");
  for (const char* const word : {"one\n", "two\n"}) {
    w.write(word);
    log("client", n, "got", bytes_repr(co_await r.readline()));
  }
  w.write_eof();
  log("client", n, "rest", bytes_repr(co_await r.read()));
  w.close();
  co_await w.wait_closed();
  log("client", n, "done");
}

task<> body() {
  const auto s = co_await io::asyncio::start_server(&handler, "127.0.0.1", 0);
  log("serving", s->is_serving(), s->sockets().size());
  const std::uint16_t port = s->sockets().front().address().port();
  co_await client(port, 0);
  auto t = asyncio::create_task(client(port, 1));
  co_await yield();
  s->close();
  log("server closed; sockets", s->sockets().size(), "serving", s->is_serving());
  try {
    co_await t;
  } catch (const io::error&) {
    log("client 1", type_name(std::current_exception()));
  }
  co_await s->wait_closed();
  log("wait_closed", handlers);
  try {
    co_await s->serve_forever();
  } catch (const std::runtime_error&) {
    log("closed server cannot serve");
  }
}

}  // namespace

CONFORMANCE_CASE(streams_echo_order) { run_with_io(body()); }

}  // namespace jackdaw::conformance
