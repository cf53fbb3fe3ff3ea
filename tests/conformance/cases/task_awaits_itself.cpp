// S49: an error, thrown one turn later.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

join_handle<std::string> self;

task<std::string> selfish() {
  asyncio::get_running_loop().call_soon([] { log("callback"); });
  try {
    co_await self;
  } catch (const std::runtime_error& e) {
    log(std::string_view(e.what()).starts_with("Task cannot await on itself"));
  }
  co_return "survived";
}

task<> body() {
  self = spawn(selfish());
  log(co_await self);
  self = {};
}

}  // namespace

CONFORMANCE_CASE(task_awaits_itself) { run(body()); }

}  // namespace jackdaw::conformance
