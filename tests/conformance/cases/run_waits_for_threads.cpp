// S161: the end of run() waits for calls that still run in threads.
#include "../case.hpp"

#include <atomic>
#include <thread>

namespace jackdaw::conformance {
namespace {

// Not by the clock alone: a call that no thread has begun is cancelled with its task.
std::atomic<bool> begun;
std::atomic<bool> main_ends;

void slow() {
  begun = true;
  while (!main_ends) {
    std::this_thread::sleep_for(1ms);
  }
  std::this_thread::sleep_for(50ms);
  log("thread done");
}

task<> call() { co_await to_thread(slow); }

task<> body() {
  spawn(call());
  while (!begun) {
    co_await sleep(1ms);
  }
  log("main returns");
  main_ends = true;
}

}  // namespace

CONFORMANCE_CASE(run_waits_for_threads) {
  begun = false;
  main_ends = false;
  {
    real_loop loop;
    run_on(*loop, body());
  }
  log("run returned");
}

}  // namespace jackdaw::conformance
