// S105: coroutines start when it is called, all of them.
#include "../case.hpp"

#include <algorithm>

namespace jackdaw::conformance {
namespace {

task<> c(int i, std::vector<int>& out) {
  out.push_back(i);
  co_return;
}

std::vector<task<>> eight(std::vector<int>& out) {
  std::vector<task<>> cs;
  for (int i = 0; i < 8; ++i) {
    cs.push_back(c(i, out));
  }
  return cs;
}

task<> body() {
  std::vector<int> out;
  auto it = as_completed(eight(out));
  log("started inside", out);
  co_await yield();
  std::sort(out.begin(), out.end());
  log("all started", out);
  int count = 0;
  while (it.has_next()) {
    const auto t = co_await it.next();
    co_await t;
    ++count;
  }
  log("as many as there are", count);
  out.clear();
  const auto g = gather(eight(out));
  log("started inside", out);
  co_await yield();
  log(out);
  co_await g;
}

}  // namespace

CONFORMANCE_CASE(as_completed_start_order_is_set_order) { run(body()); }

}  // namespace jackdaw::conformance
