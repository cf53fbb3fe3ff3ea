// S160, S173, S191: contexts at the edges of a loop: before it runs, from other threads, in its handler.
#include "../case.hpp"

#include <thread>

namespace jackdaw::conformance {
namespace {

const context_var<std::string> v("v", "default");

task<> body() {
  log("main sees", v.get());
  v.set("main's");
  co_return;
}

task<> fail() {
  v.set("failing task's");
  throw value_error("boom");
  co_return;
}

void throws() {
  v.set("callback's");
  throw value_error("boom");
}

task<> reports() {
  v.set("reporter's");
  asyncio::get_running_loop().call_soon(throws);
  co_await sleep(0s);
  spawn(fail());
  co_await turns(2);
}

task<> foreign() {
  auto& loop = asyncio::get_running_loop();
  v.set("loop's");
  event done;
  std::thread other([&] {
    log("thread begins with", v.get());
    v.set("thread's");
    loop.call_soon_threadsafe([&done] {
      log("from the thread", v.get());
      done.set();
    });
  });
  other.join();
  co_await done.wait();
  log(v.get());
}

task<> resists() {
  v.set("resisting task's");
  try {
    co_await sleep(1000s);
  } catch (const cancelled_error&) {
    throw value_error("boom");
  }
}

task<> leaves() {
  spawn(resists());
  co_await sleep(0s);
  v.set("leaver's");
}

void prepare(asyncio::event_loop& loop) {
  v.set("prepared");
  loop.call_soon([] { log("callback sees", v.get()); });
  v.set("later");
  loop.run_until_complete(body());
  log("then", v.get());
}

}  // namespace

CONFORMANCE_CASE(context_of_runs) {
  v.set("caller's");
  run(body());
  log("caller has", v.get());
  const jackdaw::context c;
  c.run([] { run(body()); });
  log("run in a context", c.contains(v));
  virtual_loop loop([](const failure&) { log("handler sees", v.get()); });
  jackdaw::context().run([&loop] { prepare(*loop); });
  loop->run_until_complete(reports());
  loop->close();
  run(foreign());
  run(leaves(), [](const failure&) { log("at the end handler sees", v.get()); });
}

}  // namespace jackdaw::conformance
