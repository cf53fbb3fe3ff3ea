// S153, S154, S155: putters wait in order; a cancel loses neither an item nor a wake-up.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<> put(queue<std::string>& q, std::string n) {
  try {
    co_await q.put(n);
    log("put", n);
  } catch (const cancelled_error&) {
    log("cancelled put", n);
    throw;
  }
}

task<> get(queue<std::string>& q, std::string n) {
  try {
    log(n, "got", co_await q.get());
  } catch (const cancelled_error&) {
    log("cancelled get", n);
    throw;
  }
}

void put_nowait(queue<std::string>& q, std::string item) { static_cast<void>(q.try_put(item)); }
std::string get_nowait(queue<std::string>& q) { return q.try_get().value(); }

task<> putters() {
  queue<std::string> q(1);
  std::vector<join_handle<void>> ts;
  for (const char* n : {"0", "1", "2", "3"}) {
    ts.push_back(spawn(put(q, n)));
  }
  co_await yield();
  log("size", q.size(), "full", q.size() == 1);
  ts[2].cancel();
  co_await turns(2);
  for (int round = 0; round < 3; ++round) {
    log("get", co_await q.get());
    co_await turns(2);
  }
}

task<> room_for_a_cancelled_putter() {
  queue<std::string> q(1);
  put_nowait(q, "x");
  const auto a = spawn(put(q, "a"));
  const auto b = spawn(put(q, "b"));
  co_await yield();
  log("get", get_nowait(q));
  a.cancel();
  co_await turns(3);
  log("b done", b.done(), q.size());
  log("get", get_nowait(q));
}

task<> item_for_a_cancelled_getter(bool cancel_first) {
  queue<std::string> q;
  const auto a = spawn(get(q, "a"));
  const auto b = spawn(get(q, "b"));
  co_await yield();
  if (cancel_first) {
    a.cancel();
  }
  put_nowait(q, "1");
  if (!cancel_first) {
    a.cancel();
  }
  co_await turns(3);
  log("b done", b.done(), q.size());
}

task<> stolen_room() {
  queue<std::string> q(1);
  put_nowait(q, "x");
  const auto a = spawn(put(q, "a"));
  const auto b = spawn(put(q, "b"));
  co_await yield();
  get_nowait(q);
  put_nowait(q, "stolen room");
  co_await turns(3);
  log(a.done(), b.done(), get_nowait(q));
  co_await turns(2);
  log("get", get_nowait(q));
  co_await turns(2);
  log("get", get_nowait(q));
}

task<> body() {
  co_await putters();
  co_await room_for_a_cancelled_putter();
  co_await item_for_a_cancelled_getter(false);
  co_await item_for_a_cancelled_getter(true);
  co_await stolen_room();
}

}  // namespace

CONFORMANCE_CASE(queue_put_blocks_and_cancel) { run(body()); }

}  // namespace jackdaw::conformance
