// S196: after its shutdown the executor takes no more calls; nor does a loop that is closed.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

void never() { log("NEVER"); }

task<> in_executor() { co_await asyncio::run_in_executor(never); }
task<> in_thread() { co_await asyncio::to_thread(never); }

task<> log_error(task<> attempt) {
  try {
    co_await std::move(attempt);
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  log(co_await asyncio::run_in_executor([] { return std::string("a call"); }));
  co_await loop.shutdown_default_executor();
  co_await loop.shutdown_default_executor();
  co_await log_error(in_executor());
  co_await log_error(in_thread());
}

task<> never_used() {
  co_await asyncio::get_running_loop().shutdown_default_executor(5s);
  co_await log_error(in_executor());
}

}  // namespace

CONFORMANCE_CASE(executor_after_shutdown) {
  run(body());
  auto loop = asyncio::new_event_loop();
  loop.close();
  try {
    loop.run_in_executor(never);
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
  run(never_used());
}

}  // namespace jackdaw::conformance
