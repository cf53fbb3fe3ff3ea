// S21, S47: out of a callback, out of the awaited task, out of a task that somebody awaits.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> other() {
  log("other 1");
  co_await yield();
  log("other 2");
}

task<> t() {
  log("t");
  co_await yield();
  throw keyboard_interrupt("from task");
}

task<> k() {
  throw keyboard_interrupt("k");
  co_return;
}

task<> awaits(join_handle<void> x) {
  try {
    co_await x;
  } catch (const keyboard_interrupt&) {
    log("awaiter sees", repr(std::current_exception()));
  }
}

}  // namespace

CONFORMANCE_CASE(system_exit_tears_out_of_loop) {
  virtual_loop loop;
  loop->call_soon([] { log("before"); });
  loop->call_soon([] { throw system_exit("from callback"); });
  loop->call_soon([] { log("rest of the turn"); });
  try {
    loop->run_forever();
  } catch (const system_exit&) {
    log("raised", repr(std::current_exception()), "running", loop->is_running());
  }
  const auto task = loop->create_task(t());
  const auto o = loop->create_task(other());
  try {
    loop->run_until_complete(task);
  } catch (const keyboard_interrupt&) {
    log("raised", repr(std::current_exception()), "done", task.done(), o.done(),
        repr(task.exception()));
  }
  loop->run_until_complete(o);
  log("other done", o.done());
  const auto x = loop->create_task(k());
  const auto w = loop->create_task(awaits(x));
  try {
    loop->run_until_complete(w);
  } catch (const keyboard_interrupt&) {
    log("raised", repr(std::current_exception()), "awaiter done", w.done());
  }
  loop->run_until_complete(w);
  log("awaiter done", w.done());
  loop->close();
}

}  // namespace jackdaw::conformance
