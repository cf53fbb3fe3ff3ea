// S169: debug is set before the main task begins. S173: the handler runs in the context of the task.
#include "../case.hpp"

#include <string>
#include <utility>

namespace jackdaw::conformance {
namespace {

const context_var<std::string> variable("variable", "outside");

task<> fails() {
  variable.set("set in the task");
  throw value_error();
  co_return;
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  log("debug", loop.get_debug());
  loop.set_exception_handler([](asyncio::event_loop&, const failure& failure) {
    log("HANDLER", failure.message, variable.get());
  });
  loop.call_exception_handler({"of nobody", {}, nullptr});
  auto t = spawn(fails());
  co_await yield();
  co_await yield();
  t = {};
  log("main", variable.get());
}

}  // namespace

CONFORMANCE_CASE(handler_runs_in_task_context) {
  auto options = in_virtual_time();
  options.debug = true;
  asyncio::run(body(), std::move(options));
}

}  // namespace jackdaw::conformance
