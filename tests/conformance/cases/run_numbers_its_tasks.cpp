// S52, S161: the shutdown of a run uses up two numbers of tasks.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> body() {
  const auto mine = asyncio::current_task().name();
  log(mine, asyncio::create_task(turns(1)).name());
  co_return;
}

}  // namespace

CONFORMANCE_CASE(run_numbers_its_tasks) {
  run(body());
  run(body());
  virtual_loop loop;
  loop->run_until_complete(body());
  loop->run_until_complete(loop->shutdown_default_executor());
  loop->close();
  run(body());
}

}  // namespace jackdaw::conformance
