// S218, S228, S230: streams over TLS, from the beginning and from the middle.
#include "../case.hpp"
#include "../tls_contexts.hpp"
#include <jackdaw/io/asyncio/streams.hpp>

#include <array>

namespace jackdaw::conformance {
namespace {

using io::asyncio::stream_reader;
using io::asyncio::stream_writer;

std::string upper(std::string text) {
  for (char& each : text) {
    each = each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
  }
  return text;
}

bool is_secured(const stream_writer& w) { return w.get_extra_info().ssl_object != nullptr; }

task<> echo(stream_reader r, stream_writer w) {
  log("server: connected", is_secured(w));
  while (true) {
    const std::string line = co_await r.readline();
    if (line.empty()) {
      break;
    }
    if (line == "STARTTLS\n") {
      w.write("go\n");
      co_await w.start_tls(*contexts().of_server);
      log("server: upgraded", is_secured(w));
      continue;
    }
    log("server: got", bytes_repr(line));
    w.write(upper(line));
    co_await w.drain();
  }
  log("server: end", r.at_eof(), w.is_closing());
  w.close();
  co_await w.wait_closed();
  log("server: done");
}

io::asyncio::connection_options as_client() {
  io::asyncio::connection_options options;
  options.ssl = *contexts().of_client;
  options.server_hostname = tls_name;
  return options;
}

task<> upgrade(stream_reader r, stream_writer w) {
  w.write("STARTTLS\n");
  log("client: got", bytes_repr(co_await r.readline()));
  io::asyncio::start_tls_options named;
  named.server_hostname = tls_name;
  co_await w.start_tls(*contexts().of_client, named);
  log("client: upgraded", w.can_write_eof());
}

task<> talk(std::uint16_t port, bool secure) {
  const io::asyncio::connection_options options =
      secure ? as_client() : io::asyncio::connection_options();
  auto [r, w] = co_await io::asyncio::open_connection("127.0.0.1", port,
                                                      stream_reader::limit_default, options);
  log("client: connected", is_secured(w), w.can_write_eof());
  if (!secure) {
    co_await upgrade(r, w);
  }
  for (const char* const word : {"one\n", "two\n"}) {
    w.write(word);
    log("client: got", bytes_repr(co_await r.readline()));
  }
  const std::array<std::string_view, 2> lines = {"th", "ree\n"};
  w.writelines(lines);
  co_await w.drain();
  log("client: got", bytes_repr(co_await r.readexactly(6)));
  w.close();
  log("client: closing", w.is_closing());
  co_await w.wait_closed();
  const std::string rest = co_await r.read();
  log("client: rest", bytes_repr(rest), r.at_eof());
}

task<> conversation(bool secure) {
  log("-- ssl", secure);
  io::asyncio::server_options options;
  if (secure) {
    options.ssl = *contexts().of_server;
  }
  const auto s = co_await io::asyncio::start_server(&echo, "127.0.0.1", 0, options);
  const std::uint16_t port = s->sockets().front().address().port();
  co_await talk(port, secure);
  s->close();
  co_await s->wait_closed();
  log("server closed");
  co_await sleep(10ms);
}

task<> greet(stream_reader /*r*/, stream_writer w) {
  w.write("hello and good-bye");
  w.close();
  co_return;
}

task<> greeted() {
  log("-- a server that speaks first and ends");
  io::asyncio::server_options options;
  options.ssl = *contexts().of_server;
  const auto s = co_await io::asyncio::start_server(&greet, "127.0.0.1", 0, options);
  const std::uint16_t port = s->sockets().front().address().port();
  const io::asyncio::connection_options client = as_client();
  auto [r, w] = co_await io::asyncio::open_connection("127.0.0.1", port,
                                                      stream_reader::limit_default, client);
  const std::string got = co_await r.read();
  log("client: got", bytes_repr(got), "closing", w.is_closing());
  co_await w.wait_closed();
  s->close();
  co_await s->wait_closed();
  log("done");
}

task<> body() {
  co_await conversation(true);
  co_await conversation(false);
  co_await greeted();
}

}  // namespace

CONFORMANCE_CASE(tls_streams) { run_with_io(body()); }

}  // namespace jackdaw::conformance
