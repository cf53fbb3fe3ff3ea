// S134, S135: waiters get the lock in order, also before the one that released it.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(mutex& lock, int n) {
  const auto held = co_await lock.scoped_lock();
  log("acquired", n);
  co_await yield();
}

task<> body() {
  mutex lock;
  co_await lock.lock();
  std::vector<join_handle<void>> ts;
  for (int i = 0; i < 3; ++i) {
    ts.push_back(spawn(w(lock, i)));
  }
  co_await yield();
  lock.unlock();
  log("released; locked", lock.is_locked());
  co_await lock.lock();
  log("releaser re-acquired last");
  lock.unlock();
  co_await ended(ts);
  try {
    lock.unlock();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
}

}  // namespace

CONFORMANCE_CASE(lock_fifo_and_no_barging) { run(body()); }

}  // namespace jackdaw::conformance
