// S240, S241: wait_closed waits for the connections too; close() cancels serve_forever.
#include "../case.hpp"
#include <jackdaw/io/asyncio/streams.hpp>

namespace jackdaw::conformance {
namespace {

task<> handler(io::asyncio::stream_reader r, io::asyncio::stream_writer w) {
  co_await r.read();
  w.close();
}

task<> body() {
  auto s = co_await io::asyncio::start_server(&handler, "127.0.0.1", 0);
  auto [r, w] =
      co_await io::asyncio::open_connection("127.0.0.1", s->sockets().front().address().port());
  co_await sleep(10ms);
  s->close();
  auto t = asyncio::create_task(s->wait_closed());
  co_await sleep(10ms);
  log("wait_closed returned while a client is connected:", t.done());
  w.close();
  co_await sleep(10ms);
  log("after client left:", t.done());
  t.cancel();
  s = co_await io::asyncio::start_server(&handler, "127.0.0.1", 0);
  t = asyncio::create_task(s->serve_forever());
  co_await sleep(10ms);
  s->close();
  const std::vector<join_handle<void>> all = {t};
  co_await wait(all);
  log("serve_forever after close(): cancelled", t.cancelled());
}

}  // namespace

CONFORMANCE_CASE(server_wait_closed_version_differences) { run_with_io(body()); }

}  // namespace jackdaw::conformance
