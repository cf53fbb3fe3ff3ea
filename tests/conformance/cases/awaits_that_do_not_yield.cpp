// S31, S40, S41: what need not wait does not yield.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<int> leaf() { co_return 1; }

task<int> deep(int n) {
  if (n == 0) {
    co_return co_await leaf();
  }
  const int below = co_await deep(n - 1);
  co_return below + 1;
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  const auto done = spawn(leaf());
  co_await done;
  loop.call_soon([] { log("callback"); });
  log("deep", co_await deep(50));
  const int first = co_await done;
  const int second = co_await done;
  log("done task", first, second);
  mutex lock;
  co_await lock.lock();
  lock.unlock();
  {
    const auto held = co_await lock.scoped_lock();
    log("lock held", lock.is_locked());
  }
  event e;
  e.set();
  co_await e.wait();
  semaphore s(2);
  co_await s.acquire();
  co_await s.acquire();
  log("semaphore locked", s.is_locked());
  s.release();
  queue<int> q(2);
  co_await q.put(1);
  co_await q.put(2);
  const int one = co_await q.get();
  const int two = co_await q.get();
  log("queue", one, two);
  mutex guarding;
  condition c(guarding);
  co_await guarding.lock();
  c.notify_all();
  co_await c.wait_for([] { return true; });
  log("condition", true);
  guarding.unlock();
  barrier b(1);
  log("barrier", co_await b.wait());
  const int of_coroutine = co_await timeout(10s, leaf());
  const int of_task = co_await timeout(10s, done);
  log("wait_for", of_coroutine, of_task);
  log("shield of done", co_await shield(done));
  log("before first real yield");
  co_await yield();
  log("after");
}

}  // namespace

CONFORMANCE_CASE(awaits_that_do_not_yield) { run(body()); }

}  // namespace jackdaw::conformance
