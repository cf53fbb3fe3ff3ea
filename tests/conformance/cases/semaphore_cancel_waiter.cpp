// S140: a permit that was reserved for a cancelled waiter goes to the next.
#include "../case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

task<> w(semaphore& s, int n) {
  try {
    co_await s.acquire();
    log("acquired", n);
  } catch (const cancelled_error&) {
    log("cancelled", n);
    throw;
  }
}

std::vector<join_handle<void>> waiters(semaphore& s) {
  std::vector<join_handle<void>> ts;
  for (int i = 0; i < 3; ++i) {
    ts.push_back(spawn(w(s, i)));
  }
  return ts;
}

task<> round(std::vector<int> cancelled, std::string when) {
  semaphore s(0);
  const auto ts = waiters(s);
  const auto cancel = [&] {
    for (const int index : cancelled) {
      ts[static_cast<std::size_t>(index)].cancel();
    }
  };
  co_await yield();
  log("cancel", cancelled, when);
  if (when == "before") {
    cancel();
  }
  s.release();
  if (when == "after") {
    cancel();
  }
  co_await turns(4);
  log(done(ts), "locked", s.is_locked());
  s.release();
  s.release();
  s.release();
  co_await ended(ts);
  log("locked", s.is_locked());
}

task<> body() {
  const std::vector<std::vector<int>> cancelled = {{0}, {1}, {0, 1}};
  co_await round(cancelled[0], "before");
  co_await round(cancelled[0], "after");
  co_await round(cancelled[1], "after");
  co_await round(cancelled[2], "before");
  co_await round(cancelled[2], "after");
  semaphore s(0);
  const auto ts = waiters(s);
  co_await yield();
  s.release();
  s.release();
  ts[0].cancel();
  co_await turns(2);
  log(done(ts));
  co_await ended(ts);
  log("locked", s.is_locked());
}

}  // namespace

CONFORMANCE_CASE(semaphore_cancel_waiter) { run(body()); }

}  // namespace jackdaw::conformance
