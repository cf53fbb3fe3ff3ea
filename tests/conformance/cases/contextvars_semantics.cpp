// S191-S193: who copies the context of whom, and when.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

const context_var<std::string> v("v", "0");

task<> child(int n) {
  log("child", n, "sees", v.get());
  v.set(str(n));
  co_await sleep(0s);
  log("child", n, "after", v.get());
}

task<> callbacks_and_threads(asyncio::event_loop& loop) {
  const auto f = loop.create_future<int>();
  f.add_done_callback(
      [](const future<int>&) { log("done-cb context is that of add_done_callback", v.get()); });
  v.set("changed");
  f.set_result(0);
  co_await sleep(0s);
  log("to_thread copies", co_await to_thread([] { return v.get(); }));
  log("run_in_executor does not", co_await loop.run_in_executor([] { return v.get(); }));
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  v.set("main");
  const auto t1 = loop.create_task(child(1));
  v.set("main2");
  const auto t2 = loop.create_task(child(2));
  loop.call_soon([] {
    log("cb sees", v.get());
    v.set("cb");
  });
  co_await gather(t1, t2);
  log("main", v.get());
  co_await child(3);
  log("plain await shares context", v.get());
  const auto ctx = copy_context();
  const auto t = loop.create_task(child(4), "child 4", ctx);
  co_await t;
  log("main", v.get(), "ctx", ctx.at(v));
  co_await callbacks_and_threads(loop);
}

}  // namespace

CONFORMANCE_CASE(contextvars_semantics) { run(body()); }

}  // namespace jackdaw::conformance
