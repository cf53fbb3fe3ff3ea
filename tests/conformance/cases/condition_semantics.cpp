// S142 to S146: notified waiters run when they have the lock again; so do cancelled ones.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

struct guarded {
  mutex lock;
  condition changed{lock};
};

task<> w(guarded& c, int n) {
  const auto held = co_await c.lock.scoped_lock();
  try {
    log(n, "waits");
    co_await c.changed.wait();
    log(n, "woken", true);
  } catch (const cancelled_error&) {
    log(n, "cancelled; holds lock", c.lock.is_locked());
    throw;
  }
}

task<> body() {
  guarded c;
  std::vector<join_handle<void>> ts;
  for (int i = 0; i < 4; ++i) {
    ts.push_back(spawn(w(c, i)));
  }
  co_await yield();
  {
    const auto held = co_await c.lock.scoped_lock();
    c.changed.notify(2);
    log("notified 2; nobody runs until lock released");
    co_await yield();
    log("still held");
  }
  co_await sleep(1ms);
  {
    const auto held = co_await c.lock.scoped_lock();
    ts[2].cancel();
    co_await yield();
    log("cancelled waiter must reacquire first; done", ts[2].done());
  }
  co_await sleep(1ms);
  {
    const auto held = co_await c.lock.scoped_lock();
    c.changed.notify_all();
  }
  co_await ended(ts);
  try {
    c.changed.notify();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

}  // namespace

CONFORMANCE_CASE(condition_semantics) { run(body()); }

}  // namespace jackdaw::conformance
