// S151, S152: items and getters are FIFO; a woken getter that was robbed waits again, last.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> g(queue<std::string>& q, int n) { log(n, "got", co_await q.get()); }

void put_nowait(queue<std::string>& q, std::string item) { static_cast<void>(q.try_put(item)); }

task<> body() {
  queue<std::string> q;
  std::vector<join_handle<void>> ts;
  for (int i = 0; i < 3; ++i) {
    ts.push_back(spawn(g(q, i)));
  }
  co_await yield();
  for (const char* item : {"a", "b", "c"}) {
    put_nowait(q, item);
  }
  co_await ended(ts);
  ts.clear();
  for (int i = 0; i < 2; ++i) {
    ts.push_back(spawn(g(q, i)));
  }
  co_await yield();
  put_nowait(q, "x");
  log("stolen before getter 0 runs:", q.try_get().value());
  co_await yield();
  put_nowait(q, "y");
  put_nowait(q, "z");
  co_await ended(ts);
}

}  // namespace

CONFORMANCE_CASE(queue_fifo_getters_and_steal) { run(body()); }

}  // namespace jackdaw::conformance
