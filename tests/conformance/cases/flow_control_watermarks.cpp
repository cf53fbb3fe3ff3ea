// S208: pause_writing inside of write() above the high-water mark; resume_writing at the low one.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/connections.hpp>

namespace jackdaw::conformance {
namespace {

struct pausing_protocol : io::asyncio::protocol {
  void pause_writing() override { log("  pause_writing"); }
  void resume_writing() override { log("  resume_writing"); }
};

std::string text_of(io::asyncio::write_buffer_limits limits) {
  return "(" + std::to_string(limits.low) + ", " + std::to_string(limits.high) + ")";
}

task<> body() {
  auto [a, b] = socketpair();
  const auto factory = [] { return std::make_shared<pausing_protocol>(); };
  auto [t, p] = co_await io::asyncio::create_connection(factory, std::move(a));
  log("default limits", text_of(t->get_write_buffer_limits()));
  t->set_write_buffer_limits(1000);
  log("high=1000 ->", text_of(t->get_write_buffer_limits()));
  t->set_write_buffer_limits(1000, 0);
  while (t->get_write_buffer_size() == 0) {
    t->write(std::string(300, 'x'));
  }
  log("buffer non-empty, not above high");
  t->write(std::string(1000 - t->get_write_buffer_size(), 'y'));
  log("exactly high: no pause");
  t->write("z");
  log("above high");
  t->write(std::string(5000, 'z'));
  log("no second pause");
  while (t->get_write_buffer_size() != 0) {
    recv(b, 1U << 20U);
    co_await yield();
  }
  log("drained");
  t->write("tail");
  t->abort();
  log("aborted");
  co_await yield();
}

}  // namespace

CONFORMANCE_CASE(flow_control_watermarks) { run_with_io(body()); }

}  // namespace jackdaw::conformance
