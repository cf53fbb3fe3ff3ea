// S231: what a handler throws is reported, and its connection closed.
#include "../case.hpp"
#include <jackdaw/io/asyncio/streams.hpp>

namespace jackdaw::conformance {
namespace {

task<> handler(io::asyncio::stream_reader /*r*/, io::asyncio::stream_writer /*w*/) {
  throw value_error("boom");
  co_return;
}

task<> body() {
  asyncio::get_running_loop().set_exception_handler(
      [](asyncio::event_loop& /*loop*/, const failure& what) { log_failure(what); });
  const auto s = co_await io::asyncio::start_server(&handler, "127.0.0.1", 0);
  auto [r, w] =
      co_await io::asyncio::open_connection("127.0.0.1", s->sockets().front().address().port());
  log("client read", bytes_repr(co_await r.read()));
  w.close();
  s->close();
  co_await s->wait_closed();
}

}  // namespace

CONFORMANCE_CASE(server_handler_exception) { run_with_io(body()); }

}  // namespace jackdaw::conformance
