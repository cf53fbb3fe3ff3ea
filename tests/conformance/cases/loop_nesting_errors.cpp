// S18, S19: no loop inside of a loop, no close() of a running one, nothing after close().
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

join_handle<void> me;

template <class F>
void log_error(F attempt) {
  try {
    attempt();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

task<> nothing() { co_return; }

task<> body() {
  auto& loop = asyncio::get_running_loop();
  log_error([&] { loop.run_until_complete(me); });
  log_error([&] { loop.close(); });
  virtual_loop other;
  const auto t = other->create_task(nothing());
  log_error([&] { other->run_until_complete(t); });
  t.cancel();
  other->close();
  log("closed", other->is_closed(), loop.is_closed(), loop.is_running());
  co_return;
}

}  // namespace

CONFORMANCE_CASE(loop_nesting_errors) {
  virtual_loop loop;
  me = loop->create_task(body());
  loop->run_until_complete(me);
  log("running", loop->is_running());
  log_error([] { static_cast<void>(asyncio::get_running_loop()); });
  loop->close();
  loop->close();
  const auto nothing_at_all = [] {};
  log_error([&] { loop->call_soon(nothing_at_all); });
  log_error([&] { loop->call_later(1s, nothing_at_all); });
  log_error([&] { loop->call_at(time_point(1s), nothing_at_all); });
  log_error([&] { loop->call_soon_threadsafe(nothing_at_all); });
  log_error([&] { loop->run_until_complete(me); });
}

}  // namespace jackdaw::conformance
