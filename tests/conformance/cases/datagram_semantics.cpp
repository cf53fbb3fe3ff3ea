// S215: datagrams come one by one, empty ones too; what the socket reports ends nothing.
#include "../case.hpp"
#include <jackdaw/io/asyncio/datagram_endpoint.hpp>

namespace jackdaw::conformance {
namespace {

struct logging_protocol : io::asyncio::datagram_protocol {
  void connection_made(const std::shared_ptr<io::asyncio::datagram_transport>& /*made*/) override {
    log("connection_made");
  }
  void datagram_received(std::string_view data, const io::asyncio::socket_name& /*from*/) override {
    log("datagram", bytes_repr(data));
  }
  void error_received(std::exception_ptr error) override {
    log("error_received", type_name(error));
  }
  void connection_lost(std::exception_ptr error) override { log("connection_lost", str(error)); }
};

task<> body() {
  const auto factory = [] { return std::make_shared<logging_protocol>(); };
  io::asyncio::datagram_options receives;
  receives.local_addr = io::address::loopback(0);
  auto [t1, p1] = co_await io::asyncio::create_datagram_endpoint(factory, receives);
  io::asyncio::datagram_options sends;
  sends.remote_addr = t1->get_extra_info().sockname;
  auto [t2, p2] = co_await io::asyncio::create_datagram_endpoint(factory, sends);
  t2->sendto("a");
  t2->sendto("");
  t2->sendto("b");
  co_await sleep(10ms);
  t1->close();
  co_await yield();
  t2->sendto("c");
  co_await sleep(10ms);
  t2->close();
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(datagram_semantics) { run_with_io(body()); }

}  // namespace jackdaw::conformance
