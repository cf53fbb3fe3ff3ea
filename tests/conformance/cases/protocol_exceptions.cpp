// S209: what data_received throws ends the connection; what connection_made throws is only reported.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/connections.hpp>

namespace jackdaw::conformance {
namespace {

struct fails_at_data : io::asyncio::protocol {
  void data_received(std::string_view /*data*/) override { throw value_error("in data_received"); }
  void connection_lost(std::exception_ptr error) override { log("connection_lost", repr(error)); }
};

struct fails_at_once : io::asyncio::protocol {
  void connection_made(const std::shared_ptr<io::asyncio::transport>& /*made*/) override {
    throw value_error("in connection_made");
  }
  void connection_lost(std::exception_ptr error) override { log("Q connection_lost", repr(error)); }
};

task<> body() {
  asyncio::get_running_loop().set_exception_handler(
      [](asyncio::event_loop& /*loop*/, const failure& what) { log_failure(what); });
  {
    auto [a, b] = socketpair();
    const auto factory = [] { return std::make_shared<fails_at_data>(); };
    auto [t, p] = co_await io::asyncio::create_connection(factory, std::move(a));
    send(b, "x");
    co_await sleep(10ms);
  }
  auto [a, b] = socketpair();
  const auto factory = [] { return std::make_shared<fails_at_once>(); };
  auto [t, p] = co_await io::asyncio::create_connection(factory, std::move(a));
  log("connection_made error is only logged; closing", t->is_closing());
  t->close();
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(protocol_exceptions) { run_with_io(body()); }

}  // namespace jackdaw::conformance
