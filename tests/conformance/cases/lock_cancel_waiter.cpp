// S134, S136: cancelled waiters are skipped; one that was woken passes the wake-up on.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(mutex& lock, std::string n) {
  try {
    const auto held = co_await lock.scoped_lock();
    log("acquired", n);
    co_await yield();
    log("releases", n);
  } catch (const cancelled_error&) {
    log("cancelled", n);
    throw;
  }
}

task<> round(mutex& lock, std::string which, std::vector<std::size_t> chosen, std::string when) {
  co_await lock.lock();
  std::vector<join_handle<void>> ts;
  for (const char* n : {"0", "1", "2"}) {
    ts.push_back(spawn(w(lock, n)));
  }
  co_await yield();
  log("cancel", which, when, "the release");
  if (when == "before") {
    for (const std::size_t index : chosen) {
      ts[index].cancel();
    }
  }
  lock.unlock();
  log("locked", lock.is_locked());
  if (when == "after") {
    for (const std::size_t index : chosen) {
      ts[index].cancel();
    }
  }
  co_await ended(ts);
  log("locked", lock.is_locked());
}

task<> body() {
  mutex lock;
  const std::vector<std::vector<std::size_t>> chosen = {{}, {0}, {1}, {0, 1, 2}};
  co_await round(lock, "0", chosen[1], "before");
  co_await round(lock, "1", chosen[2], "before");
  co_await round(lock, "0", chosen[1], "after");
  co_await round(lock, "1", chosen[2], "after");
  co_await round(lock, "all", chosen[3], "before");
  co_await round(lock, "None", chosen[0], "");
  co_await lock.lock();
  auto t = spawn(w(lock, "x"));
  co_await yield();
  t.cancel();
  lock.unlock();
  const auto late = spawn(w(lock, "late"));
  co_await ended_cancelled(t);
  co_await ended_cancelled(late);
  co_await lock.lock();
  t = spawn(w(lock, "y"));
  co_await yield();
  t.cancel();
  lock.unlock();
  co_await lock.lock();
  log("cancelled waiters do not count");
  lock.unlock();
  co_await ended_cancelled(t);
  log("locked", lock.is_locked());
}

}  // namespace

CONFORMANCE_CASE(lock_cancel_waiter) { run(body()); }

}  // namespace jackdaw::conformance
