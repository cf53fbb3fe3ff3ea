// S66, S67: woken and cancelled in one turn is cancelled; what it waited for is not lost.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

template <class A>
task<> w(std::string_view n, A awaited) {
  try {
    co_await std::move(awaited);
    log(n, "woken");
  } catch (const cancelled_error&) {
    log(n, "cancelled");
    throw;
  }
}

task<std::string> child() { co_return "value"; }

task<> on_primitives() {
  event e;
  auto t = spawn(w("event", e.wait()));
  co_await yield();
  e.set();
  t.cancel();
  bool cancelled = co_await ended_cancelled(t);
  log(cancelled, e.is_set());

  mutex lock;
  co_await lock.lock();
  t = spawn(w("lock", lock.lock()));
  const auto u = spawn(w("next", lock.lock()));
  co_await yield();
  lock.unlock();
  t.cancel();
  log(co_await ended_cancelled(t));
  co_await u;
  log("locked by next", lock.is_locked());

  queue<std::string> q;
  t = spawn(w("queue", q.get()));
  co_await yield();
  static_cast<void>(q.try_put("item"));
  t.cancel();
  cancelled = co_await ended_cancelled(t);
  log(cancelled, q.size());

  semaphore s(0);
  t = spawn(w("semaphore", s.acquire()));
  co_await yield();
  s.release();
  t.cancel();
  cancelled = co_await ended_cancelled(t);
  log(cancelled, s.is_locked());
  co_await s.acquire();
}

task<> body() {
  co_await on_primitives();
  const auto c = spawn(child());
  auto t = spawn(w("join", c));
  co_await yield();
  const bool asked = t.cancel();
  log("child done", c.done(), "cancel", asked);
  const bool cancelled = co_await ended_cancelled(t);
  log(cancelled, c.result());

  t = spawn(w("sleep(0)", sleep(0s)));
  co_await yield();
  t.cancel();
  log(co_await ended_cancelled(t));

  auto& loop = asyncio::get_running_loop();
  t = spawn(w("sleep", sleep_for(1s, 0)));
  co_await yield();
  loop.call_later(1s, [] { log("timer of main"); });
  loop.call_at(loop.time() + 1s, [t] { t.cancel(); });
  log(co_await ended_cancelled(t));

  event e;
  t = spawn(w("cancel, then set", e.wait()));
  co_await yield();
  t.cancel();
  e.set();
  log(co_await ended_cancelled(t));
}

}  // namespace

CONFORMANCE_CASE(cancel_races_wakeup) { run(body()); }

}  // namespace jackdaw::conformance
