// S171, S179, S184: what a handler is told: the message, the exception, and what it happened to.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

std::string kind_of(failure_source source) {
  switch (source) {
    case failure_source::task:
      return "Task";
    case failure_source::future:
      return "Future";
    case failure_source::handle:
      return "Handle";
    default:
      return "unknown";
  }
}

void on_error(asyncio::event_loop& /*unused*/, const failure& what) {
  log("HANDLER", what.message, kind_of(what.source), what.task_name.empty() ? "-" : what.task_name,
      what.exception ? repr(what.exception) : "None");
}

void bad() { throw value_error("callback"); }

task<> fails() {
  throw value_error("task");
  co_return;
}

task<> clean_up() {
  try {
    co_await sleep(10s);
  } catch (const cancelled_error&) {
    throw key_error("clean-up");
  }
}

task<> waits() { co_await sleep(10s); }

join_handle<void> kept;

task<> body() {
  auto& loop = asyncio::get_running_loop();
  loop.set_exception_handler(on_error);
  loop.call_soon(bad);
  loop.call_later(1s, bad);
  auto f = loop.create_future<int>();
  f.add_done_callback([](const auto& /*unused*/) { bad(); });
  f.set_result(1);
  static_cast<void>(loop.create_task(fails(), "F"));
  f = loop.create_future<int>();
  f.set_exception(key_error("future"));
  f = future<int>();
  co_await sleep(2s);
  {
    auto g = gather(fails());
    co_await sleep(1s);
  }
  kept = loop.create_task(clean_up(), "C");
  co_await yield();
  log("end");
}

}  // namespace

CONFORMANCE_CASE(failure_sources) {
  run(body());
  kept = {};
  virtual_loop loop;
  loop->set_exception_handler(on_error);
  auto t = loop->create_task(waits(), "W");
  loop->call_soon([&] { loop->stop(); });
  loop->run_forever();
  loop->close();
  t = {};
}

}  // namespace jackdaw::conformance
