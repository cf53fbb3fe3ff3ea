// S200, S203, S204, S237: how many turns it takes to have a connection, to be told of its end, to make a server.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/server.hpp>

namespace jackdaw::conformance {
namespace {

int ticks = 0;
int start = 0;

void tick() {
  ++ticks;
  asyncio::get_running_loop().call_soon(&tick);
}

void begin(std::string_view text) {
  start = ticks;
  log(text);
}

struct counting_protocol : io::asyncio::protocol {
  counting_protocol() { log(" protocol made", ticks - start); }
  void connection_made(const std::shared_ptr<io::asyncio::transport>& /*made*/) override {
    log(" connection_made", ticks - start);
  }
  void data_received(std::string_view data) override {
    log(" data_received", bytes_repr(data), ticks - start);
  }
  bool eof_received() override {
    log(" eof_received", ticks - start);
    return false;
  }
  void connection_lost(std::exception_ptr error) override {
    log(" connection_lost", str(error), ticks - start);
  }
};

const auto make = [] { return std::make_shared<counting_protocol>(); };

task<> connections() {
  {
    auto [a, b] = socketpair();
    begin("create_connection over a socket");
    auto [t, p] = co_await io::asyncio::create_connection(make, std::move(a));
    log(" returned", ticks - start);
    begin("data");
    send(b, "x");
    co_await turns(3);
    begin("close");
    t->close();
    log(" close returned");
    co_await turns(3);
  }
  {
    auto [a, b] = socketpair();
    auto [t, p] = co_await io::asyncio::create_connection(make, std::move(a));
    begin("abort");
    t->abort();
    log(" abort returned");
    co_await turns(3);
  }
  auto [a, b] = socketpair();
  auto [t, p] = co_await io::asyncio::create_connection(make, std::move(a));
  begin("data and end of stream");
  send(b, "y");
  b.close();
  co_await turns(5);
}

task<> servers() {
  begin("create_server");
  const auto s = co_await io::asyncio::create_server(make, "127.0.0.1", 0);
  log(" returned", ticks - start);
  io::socket c = connected_to(s->sockets().front().address());
  begin("accepted");
  co_await turns(4);
  begin("server closed");
  auto w = asyncio::create_task(s->wait_closed());
  s->close();
  c.close();
  co_await w;
  log(" wait_closed returned", ticks - start);
}

task<> body() {
  asyncio::get_running_loop().call_soon(&tick);
  co_await yield();
  co_await connections();
  co_await servers();
}

}  // namespace

CONFORMANCE_CASE(transport_hop_counts) { run_with_io(body()); }

}  // namespace jackdaw::conformance
