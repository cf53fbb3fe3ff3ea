// S18, S19, S160: no run inside of a run, nothing after close(), and a loop that is stopped too early.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

template <class F>
void log_error(F attempt) {
  try {
    attempt();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  log_error([] { asyncio::run(turns(1)); });
  log_error([&] { loop.run_until_complete(turns(1)); });
  log_error([&] { loop.close(); });
  co_return;
}

}  // namespace

CONFORMANCE_CASE(run_nested_and_reuse_errors) {
  run(body());
  log_error([] { static_cast<void>(asyncio::get_running_loop()); });
  auto loop = asyncio::new_event_loop();
  loop.close();
  loop.close();
  log_error([&] { loop.call_soon([] {}); });
  log_error([&] { loop.run_until_complete(turns(1)); });
  auto other = asyncio::new_event_loop();
  const auto f = other.create_future<void>();
  other.call_soon([&] { other.stop(); });
  log_error([&] { other.run_until_complete(f); });
  other.close();
}

}  // namespace jackdaw::conformance
