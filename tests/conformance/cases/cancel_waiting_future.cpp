// S63: cancelling a task cancels the future that it awaits at once; the task sees it a turn later.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(future<int> f) {
  const logs_its_end finally("finally", "w");
  try {
    co_await f;
  } catch (const cancelled_error&) {
    log("w caught; fut.cancelled", f.cancelled());
    throw;
  }
}

task<> body() {
  const future<int> f;
  f.add_done_callback([](const future<int>&) { log("future cb"); });
  const auto t = spawn(w(f));
  co_await yield();
  const bool cancelled = t.cancel();
  log("cancel ->", cancelled, "fut.cancelled", f.cancelled(), "task.cancelled", t.cancelled());
  co_await yield();
  log("next tick task.done", t.done(), t.cancelled());
}

}  // namespace

CONFORMANCE_CASE(cancel_waiting_future) { run(body()); }

}  // namespace jackdaw::conformance
