// S141: giving back more than there is is an error; a reserved permit counts as taken.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(asyncio::bounded_semaphore& s, std::string n) {
  co_await s.acquire();
  log("acquired", n);
}

void release(asyncio::bounded_semaphore& s, const char* otherwise = "") {
  try {
    s.release();
    if (*otherwise != '\0') {
      log(otherwise);
    }
  } catch (const std::invalid_argument& e) {
    log(e.what());
  }
}

task<> inside() {
  asyncio::bounded_semaphore s(1);
  {
    const auto permit = co_await s.scoped_acquire();
    log("inside", s.locked());
  }
  release(s);
}

task<> woken() {
  asyncio::bounded_semaphore s(1);
  co_await s.acquire();
  const auto t = asyncio::create_task(w(s, "woken"));
  co_await settle();
  s.release();
  release(s, "no error");
  co_await t;
}

task<> body() {
  asyncio::bounded_semaphore s(2);
  release(s);
  co_await s.acquire();
  co_await s.acquire();
  log("locked", s.locked());
  std::vector<join_handle<void>> ts;
  for (const char* n : {"0", "1"}) {
    ts.push_back(asyncio::create_task(w(s, n)));
  }
  co_await settle();
  s.release();
  s.release();
  log("released; locked", s.locked());
  co_await inside();
  co_await ended(ts);
  s.release();
  s.release();
  release(s);
  log("locked", s.locked());
  co_await woken();
}

}  // namespace

CONFORMANCE_CASE(bounded_semaphore, any_order) { run(body()); }

}  // namespace jackdaw::conformance
