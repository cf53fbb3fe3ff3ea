// S159: puts raise at once, gets drain first; those who wait wake up and raise.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> get(queue<std::string>& q, std::string n) {
  try {
    log(n, "got", co_await q.get());
  } catch (const queue_shut_down&) {
    log(n, "get: QueueShutDown");
  }
}

task<> put(queue<std::string>& q, std::string n) {
  try {
    co_await q.put(n);
    log(n, "put");
  } catch (const queue_shut_down&) {
    log(n, "put: QueueShutDown");
  }
}

void look(queue<std::string>& q) {
  try {
    static_cast<void>(q.try_put("x"));
  } catch (const queue_shut_down&) {
    log("put_nowait: QueueShutDown");
  }
  for (int round = 0; round < 2; ++round) {
    try {
      log("get_nowait", q.try_get().value());
    } catch (const queue_shut_down&) {
      log("get_nowait: QueueShutDown");
    }
  }
}

task<> round(bool immediate) {
  log("immediate", immediate);
  queue<std::string> empty(1);
  std::vector<join_handle<void>> gs;
  gs.push_back(spawn(get(empty, "0")));
  gs.push_back(spawn(get(empty, "1")));
  co_await yield();
  empty.shutdown(immediate);
  log("shut down");
  co_await turns(2);
  log(done(gs));
  queue<std::string> full(1);
  static_cast<void>(full.try_put("item"));
  std::vector<join_handle<void>> ps;
  ps.push_back(spawn(put(full, "0")));
  ps.push_back(spawn(put(full, "1")));
  co_await yield();
  full.shutdown(immediate);
  co_await turns(2);
  log(done(ps), "size", full.size());
  look(full);
  co_await get(full, "late");
  co_await put(full, "late");
  queue<std::string> filled;
  const auto g = spawn(get(filled, "woken"));
  co_await yield();
  static_cast<void>(filled.try_put("last"));
  filled.shutdown(immediate);
  co_await g;
}

task<> body() {
  co_await round(false);
  co_await round(true);
}

}  // namespace

CONFORMANCE_CASE(v313_queue_shutdown) { run(body()); }

}  // namespace jackdaw::conformance
