// S21, S47: what ends the program leaves the loop at once; the rest of the turn stays queued.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> t() {
  throw keyboard_interrupt("from task");
  co_return;
}

}  // namespace

CONFORMANCE_CASE(base_exception_tears_out_of_loop) {
  virtual_loop loop;
  const auto task = loop->create_task(t());
  loop->call_soon([] { log("same batch, later"); });
  try {
    loop->run_forever();
  } catch (const keyboard_interrupt& e) {
    log("run_forever raised", e.message(), "task.done", task.done(), repr(task.exception()));
  }
  loop->call_soon([&] { loop->stop(); });
  loop->run_forever();
  log("resumed loop ran leftovers");
  loop->close();
}

}  // namespace jackdaw::conformance
