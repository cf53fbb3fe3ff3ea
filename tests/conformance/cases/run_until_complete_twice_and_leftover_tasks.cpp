// S16, S17: run_until_complete() runs to the end of the turn; tasks that are left go on in the next run.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

join_handle<void> left;

task<> bg() {
  for (int i = 0; i < 3; ++i) {
    log("bg", i);
    co_await yield();
  }
}

task<int> one() {
  left = spawn(bg());
  co_await yield();
  co_return 1;
}

}  // namespace

CONFORMANCE_CASE(run_until_complete_twice_and_leftover_tasks) {
  virtual_loop loop;
  log(loop->run_until_complete(one()));
  log("bg done", left.done());
  log(loop->run_until_complete(sleep_for(0s, std::string("second"))));
  log("bg done", left.done());
  loop->run_until_complete(left);
  left = {};
  loop->close();
}

}  // namespace jackdaw::conformance
