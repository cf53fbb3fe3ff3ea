// S146, S147, S148: a cancelled wait has the lock when it throws; a notification goes on to the next.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

struct guarded {
  mutex lock;
  condition changed{lock};
};

task<> w(guarded& c, std::string n) {
  const auto held = co_await c.lock.scoped_lock();
  try {
    log(n, "waits");
    co_await c.changed.wait();
    log(n, "woken");
  } catch (const cancelled_error&) {
    log(n, "cancelled", args(std::current_exception()), "locked", c.lock.is_locked(), "cancelling",
        this_task::cancelling());
    throw;
  }
}

std::vector<join_handle<void>> waiters(guarded& c) {
  std::vector<join_handle<void>> ts;
  for (const char* n : {"0", "1", "2"}) {
    ts.push_back(spawn(w(c, n)));
  }
  return ts;
}

task<> cancelled_again_and_again(guarded& c) {
  const auto t = spawn(w(c, "a"));
  co_await yield();
  {
    const auto held = co_await c.lock.scoped_lock();
    t.cancel("first");
    co_await turns(2);
    log("done", t.done());
    t.cancel("second");
    co_await turns(2);
    log("done", t.done(), t.cancelling());
    t.cancel("third");
    co_await yield();
  }
  co_await ended_cancelled(t);
  log("locked", c.lock.is_locked());
}

task<> notify_all(guarded& c) {
  const auto held = co_await c.lock.scoped_lock();
  c.changed.notify_all();
}

task<> body() {
  guarded c;
  co_await cancelled_again_and_again(c);
  auto ts = waiters(c);
  co_await yield();
  {
    const auto held = co_await c.lock.scoped_lock();
    c.changed.notify();
    log("notified one");
    ts[0].cancel();
    co_await turns(2);
    log("lock still held");
  }
  co_await turns(6);
  log(done(ts));
  co_await notify_all(c);
  co_await ended(ts);
  ts = waiters(c);
  co_await yield();
  {
    const auto held = co_await c.lock.scoped_lock();
    ts[0].cancel();
    c.changed.notify();
    log("cancelled, then notified");
  }
  co_await turns(6);
  log(done(ts));
  co_await notify_all(c);
  co_await ended(ts);
  const auto t = spawn(w(c, "free"));
  co_await yield();
  t.cancel("lock is free");
  co_await ended_cancelled(t);
  log("locked", c.lock.is_locked());
  try {
    co_await c.changed.wait();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

}  // namespace

CONFORMANCE_CASE(condition_wait_cancel_keeps_lock) { run(body()); }

}  // namespace jackdaw::conformance
