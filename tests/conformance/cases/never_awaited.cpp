// S182: a coroutine that is dropped before it began is warned of; one whose task never began is not.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> c() { co_return; }
task<> outer(task<> inner) { co_await std::move(inner); }

void show(const failure& what) {
  const bool warns = what.level == failure_level::warning;
  log("WARN", warns ? "RuntimeWarning" : "error", what.message);
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  loop.set_exception_handler(
      [](asyncio::event_loop& /*unused*/, const failure& /*unused*/) { log("NEVER: no error"); });
  static_cast<void>(c());
  log("dropped");
  auto x = c();
  x = outer(std::move(x));
  log("moved");
  co_await std::move(x);
  log("awaited");
  auto y = c();
  y = {};
  log("replaced");
  static_cast<void>(outer(c()));
  log("both");
  const auto t = spawn(c());
  t.cancel();
  const bool cancelled = co_await ended_cancelled(t);
  if (cancelled) {
    log("the task never began");
  }
  auto all = gather(c(), outer(c()));
  co_await std::move(all);
  log("end");
}

}  // namespace

CONFORMANCE_CASE(never_awaited) { run(body(), show); }

}  // namespace jackdaw::conformance
