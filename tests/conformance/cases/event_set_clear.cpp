// S138: set() wakes all who wait, even if clear() follows at once. wait() gives no True in C++.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> w(event& e, std::string n) {
  co_await e.wait();
  log(n, true, e.is_set());
}

task<> body() {
  event e;
  std::vector<join_handle<void>> ts;
  ts.push_back(spawn(w(e, "0")));
  ts.push_back(spawn(w(e, "1")));
  co_await yield();
  e.set();
  e.clear();
  const auto late = spawn(w(e, "late"));
  co_await ended(ts);
  log("late.done", late.done());
  e.set();
  co_await late;
}

}  // namespace

CONFORMANCE_CASE(event_set_clear) { run(body()); }

}  // namespace jackdaw::conformance
