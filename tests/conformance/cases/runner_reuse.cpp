// S160, S168, S17: several runs on one loop; tasks go on between them; closed is closed.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

const asyncio::context_var<std::string> var("var", "default");

task<> bg() {
  for (int i = 0; i < 6; ++i) {
    log("bg", i);
    co_await yield();
  }
  try {
    co_await sleep(100s);
  } catch (const cancelled_error&) {
    log("bg cancelled");
    throw;
  }
}

task<int> body(int n) {
  log("run", n, "sees", var.get(), asyncio::current_task().name());
  var.set("set by " + std::to_string(n));
  co_await yield();
  co_return n;
}

task<> start() {
  asyncio::create_task(bg());
  co_await yield();
}

task<> fails() {
  throw value_error("main");
  co_return;
}

template <class F>
void log_error(F attempt) {
  try {
    attempt();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

task<> nested(asyncio::runner& r) {
  log_error([&] { r.run(body(9)); });
  co_return;
}

void use(asyncio::runner& r) {
  auto& loop = r.get_loop();
  const int one = r.run(body(1));
  log(one);
  const int two = r.run(body(2));
  log(two, &r.get_loop() == &loop);
  r.run(start());
  log("between");
  try {
    r.run(fails());
  } catch (const value_error& e) {
    log("raised", e.what());
  }
  const auto context = asyncio::copy_context();
  const int three = r.run(body(3), context);
  log(three, context.at(var));
  r.run(nested(r));
  log("leaving");
  r.close();
  log("closed", loop.is_closed(), var.get());
}

}  // namespace

CONFORMANCE_CASE(runner_reuse) {
  var.set("outside");
  asyncio::runner r(in_virtual_time());
  use(r);
  r.close();
  log_error([&] { static_cast<void>(r.get_loop()); });
  log_error([&] { r.run(body(4)); });
  asyncio::runner unused(in_virtual_time());
  unused.close();
  log("closed without a run");
  log(asyncio::runner(in_virtual_time()).run(body(5)));
}

}  // namespace jackdaw::conformance
