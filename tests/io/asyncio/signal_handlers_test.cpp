// tests/io/asyncio/signal_handlers_test.cpp
//
// Goal: a signal's handler runs as a callback of the loop, the newest one only, and not once it was
// removed; what cannot be caught is refused. Method: the process signals itself inside a run.
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/signal_handlers.hpp>
#include <jackdaw/io/run.hpp>
#include <jackdaw/runtime/sync/event.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <stdexcept>
#include <string>

namespace jackdaw::io::asyncio {
namespace {

task<> replaced_and_removed(std::string& trace) {
  auto& loop = get_running_loop();
  event arrived;
  add_signal_handler(loop, SIGUSR1, [&] { trace += "old "; });
  add_signal_handler(loop, SIGUSR1, [&] {
    trace += "new ";
    arrived.set();
  });
  loop.call_soon([&] { trace += "scheduled "; });
  raise(SIGUSR1);
  trace += "raised ";
  co_await arrived.wait();
  trace += remove_signal_handler(loop, SIGUSR1) ? "removed " : "none ";
  trace += remove_signal_handler(loop, SIGUSR1) ? "removed " : "none ";
  try {
    add_signal_handler(loop, SIGKILL, [] {});
  } catch (const std::runtime_error& refused) {
    trace += refused.what();
  }
}

TEST(signal_handlers_test, the_newest_handler_runs_until_it_is_removed) {
  // The fastest that the kernel allows, and that which it always allows.
  for (const backend chosen : {backend::automatic, backend::epoll}) {
    options wanted(mode::asyncio);
    wanted.backend = chosen;
    std::string trace;
    io::run(replaced_and_removed(trace), wanted);
    EXPECT_EQ(trace, "raised scheduled new removed none sig 9 cannot be caught");
  }
}

}  // namespace
}  // namespace jackdaw::io::asyncio
