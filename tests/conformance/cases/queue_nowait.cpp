// S156: what does not fit, and what is not there.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> body() {
  queue<std::string> q(2);
  log(q.empty(), q.size());
  if (!q.try_get().has_value()) {
    log("empty");
  }
  static_cast<void>(q.try_put("a"));
  static_cast<void>(q.try_put("b"));
  log(q.size(), q.empty());
  if (!q.try_put("c")) {
    log("full");
  }
  const std::string first = q.try_get().value();
  const std::string second = q.try_get().value();
  log(first, second, q.empty());
  queue<int> unbounded;
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(unbounded.try_put(i));
  }
  const auto size = unbounded.size();
  const int zero = unbounded.try_get().value();
  log(size, zero, unbounded.try_get().value());
  co_return;
}

}  // namespace

CONFORMANCE_CASE(queue_nowait, any_order) { run(body()); }

}  // namespace jackdaw::conformance
