// S166: the first Ctrl-C cancels the main task; the second tears out. Whoever listens to the signal calls
// interrupt(); here that is the task itself, as Python's handler runs on its stack.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

using asyncio::runner;

task<> body(runner& r) {
  try {
    r.interrupt();
    log("still running");
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("main cancelled by first Ctrl-C; cancelling", asyncio::current_task().cancelling());
    throw;
  }
}

task<std::string> swallow(runner& r) {
  try {
    r.interrupt();
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("swallowed");
  }
  co_return "value";
}

task<> twice(runner& r) {
  try {
    r.interrupt();
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("second");
    r.interrupt();
    log("NEVER");
  }
}

task<> both(runner& r) {
  asyncio::current_task().cancel();
  r.interrupt();
  co_await sleep(10s);
}

task<> other() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    log("the other ends in the shutdown");
    throw;
  }
}

task<> with_other(runner& r) {
  asyncio::create_task(other());
  co_await yield();
  r.interrupt();
  co_await sleep(10s);
}

template <class Main>
void run_interrupted(Main main, const char* interrupted) {
  try {
    runner r(in_virtual_time());
    try {
      r.run(main(r));
    } catch (...) {
      r.close();
      throw;
    }
  } catch (const keyboard_interrupt&) {
    log(interrupted);
  }
}

}  // namespace

CONFORMANCE_CASE(sigint_in_runner) {
  run_interrupted(body, "run raised KeyboardInterrupt");
  {
    runner r(in_virtual_time());
    log("run ->", r.run(swallow(r)));
  }
  run_interrupted(twice, "second Ctrl-C: immediate KeyboardInterrupt");
  try {
    run_interrupted(both, "");
  } catch (const cancelled_error&) {
    log("cancelled by others too");
  }
  run_interrupted(with_other, "KeyboardInterrupt");
  runner r(in_virtual_time());
  try {
    r.run(body(r));
  } catch (const keyboard_interrupt&) {
    log("the runner lives on");
  }
  log(r.run(swallow(r)));
}

}  // namespace jackdaw::conformance
