// S86: a child that others cancelled ends the gather; the awaiter itself is not cancelled.
#include "../case.hpp"

#include <map>

namespace jackdaw::conformance {
namespace {

std::map<std::string, task_reference> tasks;

task<std::string> w(std::string n, duration d) {
  tasks[n] = task_reference(current_task());
  try {
    co_await sleep(d);
    log("done", n);
  } catch (const cancelled_error&) {
    log("cancelled", n);
    throw;
  }
  co_return n;
}

task<> body() {
  asyncio::get_running_loop().call_later(1s, [] {
    const bool asked = tasks["b"]->request_cancel();
    log("cancel b", asked);
  });
  try {
    co_await gather(w("a", 3s), w("b", 10s), w("c", 2s));
    log("NEVER");
  } catch (const cancelled_error&) {
    log("gather raised CancelledError; cancelling", this_task::cancelling());
  }
  co_await sleep(5s);
  log("end", tasks["a"]->cancelled(), tasks["b"]->cancelled());
  tasks.clear();
}

}  // namespace

CONFORMANCE_CASE(gather_child_cancelled) { run(body()); }

}  // namespace jackdaw::conformance
