// S57: the locals of a task die when it ends, not when its handle does.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<int> inner() {
  const logs_its_end local("inner local");
  co_await yield();
  log("inner ends");
  co_return 1;
}

task<> outer(int) {
  const logs_its_end local("outer local");
  co_await inner();
  log("outer ends");
}

task<> body() {
  const auto t = spawn(outer(1));
  co_await turns(2);
  log("handle alive, done", t.done());
  co_await t;
  log("end");
}

}  // namespace

CONFORMANCE_CASE(finished_task_drops_its_locals) { run(body()); }

}  // namespace jackdaw::conformance
