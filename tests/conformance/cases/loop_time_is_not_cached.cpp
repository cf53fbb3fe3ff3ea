// S13: time() reads the clock.
#include "../case.hpp"

#include <thread>

namespace jackdaw::conformance {
namespace {

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const time_point t = loop.time();
  std::this_thread::sleep_for(2ms);
  log("time moved inside one step", loop.time() - t >= 2ms);
  co_return;
}

}  // namespace

CONFORMANCE_CASE(loop_time_is_not_cached) {
  real_loop loop;
  run_on(*loop, body());
}

}  // namespace jackdaw::conformance
