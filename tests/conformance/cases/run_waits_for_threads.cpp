// S161: the end of run() waits for calls that still run in threads.
#include "../case.hpp"

#include <thread>

namespace jackdaw::conformance {
namespace {

void slow() {
  std::this_thread::sleep_for(50ms);
  log("thread done");
}

task<> call() { co_await to_thread(slow); }

task<> body() {
  spawn(call());
  co_await sleep(10ms);
  log("main returns");
}

}  // namespace

CONFORMANCE_CASE(run_waits_for_threads) {
  {
    real_loop loop;
    run_on(*loop, body());
  }
  log("run returned");
}

}  // namespace jackdaw::conformance
