// S95: the coroutine runs in the caller's task; a task stays one of its own.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> child() { co_return this_task::name(); }

task<> body() {
  const std::string me = this_task::name();
  log("same task:", co_await wait_for(child(), 10s) == me);
  log("same task:", co_await wait_for(child(), std::nullopt) == me);
  const std::string other = co_await wait_for(spawn(child(), "own"), 10s);
  log(other, this_task::name() == me);
}

}  // namespace

CONFORMANCE_CASE(wait_for_runs_in_own_task_or_inline, any_order) { run(body()); }

}  // namespace jackdaw::conformance
