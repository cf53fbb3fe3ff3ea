// S250: a handler is a callback of the loop, never inside of the signal; replaced, removed, refused.
#include "../case.hpp"
#include <jackdaw/io/asyncio/signal_handlers.hpp>
#include <jackdaw/runtime/sync/event.hpp>

#include <signal.h>
#include <unistd.h>

namespace jackdaw::conformance {
namespace {

using io::asyncio::add_signal_handler;
using io::asyncio::remove_signal_handler;

task<> body() {
  auto& loop = asyncio::get_running_loop();
  event ev;
  add_signal_handler(loop, SIGUSR1, [&] {
    log("handler runs as a loop callback");
    ev.set();
  });
  loop.call_soon([] { log("already scheduled"); });
  ::kill(::getpid(), SIGUSR1);
  log("after kill (handler deferred)");
  co_await ev.wait();
  add_signal_handler(loop, SIGUSR1, [&] {
    log("replaced");
    ev.set();
  });
  ev.clear();
  ::kill(::getpid(), SIGUSR1);
  co_await ev.wait();
  loop.set_exception_handler([](asyncio::event_loop&, const failure& failed) {
    log("HANDLER", type_name(failed.exception));
  });
  add_signal_handler(loop, SIGUSR2, [&] {
    loop.call_soon([&] { ev.set(); });
    throw value_error("in the handler");
  });
  ev.clear();
  ::kill(::getpid(), SIGUSR2);
  co_await ev.wait();
  log("the loop lives on");
  const bool first = remove_signal_handler(loop, SIGUSR1);
  log("removed", first, remove_signal_handler(loop, SIGUSR1));
  for (const int number : {SIGKILL, SIGSTOP}) {
    try {
      add_signal_handler(loop, number, [] {});
    } catch (const std::runtime_error& error) {
      log(error.what());
    }
  }
}

}  // namespace

CONFORMANCE_CASE(signal_handler) { run_with_io(body()); }

}  // namespace jackdaw::conformance
