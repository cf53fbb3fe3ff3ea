// S106: what comes out are the tasks that went in.
#include "../case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

task<int> w(int n, duration d) {
  co_await sleep(d);
  co_return n;
}

task<> body() {
  const std::vector ts{spawn(w(0, 20ms)), spawn(w(1, 1ms)), spawn(w(2, 10ms))};
  auto each = as_completed(ts);
  while (each.has_next()) {
    const auto t = co_await each.next();
    const bool same = std::find(ts.begin(), ts.end(), t) != ts.end();
    const bool done = t.done();
    log("same task object", same, "done", done, co_await t);
  }
}

}  // namespace

CONFORMANCE_CASE(v313_as_completed_async_for, any_order) { run(body()); }

}  // namespace jackdaw::conformance
