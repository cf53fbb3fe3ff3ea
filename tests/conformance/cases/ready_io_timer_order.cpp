// S3: a turn is what was ready, then I/O, then due timers.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/descriptor_callbacks.hpp>

namespace jackdaw::conformance {

CONFORMANCE_CASE(ready_io_timer_order) {
  const auto loop = in_virtual_time_with_io().loop_factory();
  auto [r, w] = socketpair();
  const int descriptor = r.native_handle();
  io::asyncio::add_reader(*loop, descriptor, [&] {
    log("io", bytes_repr(recv(r, 10)));
    io::asyncio::remove_reader(*loop, descriptor);
  });
  loop->call_soon([&] {
    loop->call_later(0s, [] { log("timer"); });
    loop->call_soon([] { log("soon"); });
    send(w, "x");
    log("first");
  });
  loop->call_later(50ms, [&] { loop->stop(); });
  loop->run_forever();
  loop->close();
}

}  // namespace jackdaw::conformance
