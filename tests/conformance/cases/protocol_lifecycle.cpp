// S200-S204: connection_made before create_connection returns; connection_lost last, through the loop.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/connections.hpp>

namespace jackdaw::conformance {
namespace {

class logging_protocol : public io::asyncio::protocol {
 public:
  explicit logging_protocol(bool keep) : keep_(keep) {}
  void connection_made(const std::shared_ptr<io::asyncio::transport>& made) override {
    log("connection_made");
    made->write("hello");
  }
  void data_received(std::string_view data) override { log("data_received", bytes_repr(data)); }
  bool eof_received() override {
    log("eof_received");
    return keep_;
  }
  void connection_lost(std::exception_ptr error) override { log("connection_lost", str(error)); }

 private:
  bool keep_;
};

task<> body() {
  for (const bool keep : {false, true}) {
    auto [a, b] = socketpair();
    const auto factory = [keep] { return std::make_shared<logging_protocol>(keep); };
    auto [t, p] = co_await io::asyncio::create_connection(factory, std::move(a));
    log("create_connection returned; reading", t->is_reading());
    log("peer got", bytes_repr(recv(b, 10)));
    send(b, "data");
    ::shutdown(b.native_handle(), SHUT_WR);
    co_await sleep(10ms);
    log("keep", keep, "closing", t->is_closing());
    if (keep) {
      t->write("still writable");
      log("peer got", bytes_repr(recv(b, 20)));
      t->close();
      log("close() called; lost comes later");
      t->close();
    }
    co_await yield();
  }
}

}  // namespace

CONFORMANCE_CASE(protocol_lifecycle) { run_with_io(body()); }

}  // namespace jackdaw::conformance
