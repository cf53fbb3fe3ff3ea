// S139: permits go to waiters in order and are reserved for those that were woken.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(semaphore& s, std::string n) {
  co_await s.acquire();
  log("acquired", n, "locked", s.is_locked());
}

task<> user(semaphore& s, int n) {
  const auto permit = co_await s.scoped_acquire();
  log("uses", n);
  co_await yield();
  log("leaves", n);
}

task<> released_one_by_one() {
  semaphore s(0);
  std::vector<join_handle<void>> ts;
  for (const char* n : {"0", "1", "2", "3"}) {
    ts.push_back(spawn(w(s, n)));
  }
  co_await yield();
  s.release();
  s.release();
  log("released 2; locked", s.is_locked());
  ts.push_back(spawn(w(s, "late")));
  co_await turns(2);
  log("turns over");
  s.release();
  s.release();
  s.release();
  co_await ended(ts);
  log("locked", s.is_locked());
  s.release();
  log("locked", s.is_locked());
  co_await s.acquire();
  log("no suspension");
}

task<> body() {
  co_await released_one_by_one();
  semaphore one(1);
  std::vector<join_handle<void>> ts;
  for (int i = 0; i < 3; ++i) {
    ts.push_back(spawn(user(one, i)));
  }
  co_await ended(ts);
  semaphore s(1);
  co_await s.acquire();
  const auto t = spawn(w(s, "waiter"));
  co_await yield();
  s.release();
  log("released; locked", s.is_locked());
  const auto u = spawn(w(s, "barger"));
  co_await t;
  log("barger done", u.done());
  s.release();
  co_await u;
}

}  // namespace

CONFORMANCE_CASE(semaphore_fifo) { run(body()); }

}  // namespace jackdaw::conformance
