// S143, S145: wait_for() looks again after each notification.
#include "../any_order.hpp"
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

struct guarded {
  mutex lock;
  condition changed{lock};
  int value = 0;
};

task<> w(guarded& c, std::string n, int at_least) {
  const auto held = co_await c.lock.scoped_lock();
  const auto ready = [&] {
    log(n, "looks at", c.value);
    return c.value >= at_least;
  };
  co_await c.changed.wait_for(ready);
  log(n, "goes on");
}

task<> body() {
  guarded c;
  std::vector<join_handle<void>> ts;
  ts.push_back(spawn(w(c, "a", 2)));
  ts.push_back(spawn(w(c, "b", 1)));
  ts.push_back(spawn(w(c, "c", 0)));
  ts.push_back(spawn(w(c, "d", 3)));
  co_await settle();
  for (const int v : {1, 2}) {
    {
      const auto held = co_await c.lock.scoped_lock();
      c.value = v;
      log("value", v);
      c.changed.notify_all();
    }
    co_await settle(8);
  }
  {
    const auto held = co_await c.lock.scoped_lock();
    c.value = 3;
    c.changed.notify(5);
  }
  co_await ended(ts);
  log("end");
}

}  // namespace

CONFORMANCE_CASE(condition_wait_for, any_order) { run(body()); }

}  // namespace jackdaw::conformance
