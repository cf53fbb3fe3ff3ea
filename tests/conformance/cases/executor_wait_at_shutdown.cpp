// S161: the end of a run waits for calls in threads; their results still arrive in the loop.
#include "../case.hpp"

#include <latch>
#include <thread>

namespace jackdaw::conformance {
namespace {

struct signals {
  std::latch begun{1};
  std::latch end{1};
  std::latch seen{1};
};

void slow(signals* s) {
  s->begun.count_down();
  s->end.wait();
  log("first call ends");
}

void second(signals* s) {
  s->seen.wait();
  log("second call");
}

task<> body(signals* s, std::thread* timer) {
  const auto f = asyncio::run_in_executor(slow, s);
  f.add_done_callback([s](const future<void>& /*ended*/) {
    log("the future is done, in the loop");
    s->seen.count_down();
  });
  asyncio::run_in_executor(second, s);
  s->begun.wait();
  log("main returns");
  *timer = std::thread([s] {
    std::this_thread::sleep_for(50ms);
    s->end.count_down();
  });
  co_return;
}

}  // namespace

CONFORMANCE_CASE(executor_wait_at_shutdown) {
  signals s;
  std::thread timer;
  {
    real_loop loop;
    loop->blocking().set_threads_max(1);
    run_on(*loop, body(&s, &timer));
  }
  log("run returned after the threads");
  timer.join();
}

}  // namespace jackdaw::conformance
