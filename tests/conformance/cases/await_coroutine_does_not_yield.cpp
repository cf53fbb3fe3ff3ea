// S31: awaiting a coroutine, at any depth, or what is done already, never yields to the loop.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<int> leaf() {
  log("leaf");
  co_return 1;
}

task<int> mid() { co_return co_await leaf() + 1; }

task<> body() {
  asyncio::get_running_loop().call_soon([] { log("callback"); });
  log("mid ->", co_await mid());
  const future<int> f;
  f.set_result(7);
  log("done future ->", co_await f);
  mutex lock;
  co_await lock.lock();
  event e;
  e.set();
  co_await e.wait();
  log("lock", true, "event", "ok");
  lock.unlock();
  queue<int> q;
  co_await q.put(1);
  log("queue ->", co_await q.get());
  log("before first real yield");
  co_await yield();
  log("after");
}

}  // namespace

CONFORMANCE_CASE(await_coroutine_does_not_yield) { run(body()); }

}  // namespace jackdaw::conformance
