// S71: done already, but cancelled before the waiter ran: cancelled, and nothing is lost but the look.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> w(future<int> f) {
  try {
    co_await f;
    co_return "got";
  } catch (const cancelled_error&) {
    co_return "cancelled although the future had a result";
  }
}

task<std::string> get(queue<std::string>& q) { co_return co_await q.get(); }

task<> wait_for_set(event& e) { co_await e.wait(); }

template <class T>
task<> ended_one(join_handle<T> t) {
  co_await wait(std::vector(1, t));
}

task<> body() {
  const future<int> f;
  const auto t = spawn(w(f));
  co_await yield();
  f.set_result(1);
  log("cancel ->", t.cancel());
  const std::string text = co_await t;
  log(text, "future result still", f.result());
  queue<std::string> q;
  const auto getter = spawn(get(q));
  co_await yield();
  static_cast<void>(q.try_put("item"));
  getter.cancel();
  co_await ended_one(getter);
  log("queue keeps the item:", q.size());
  event e;
  const auto waiter = spawn(wait_for_set(e));
  co_await yield();
  e.set();
  waiter.cancel();
  co_await ended_one(waiter);
  log("event waiter cancelled though set:", waiter.cancelled());
}

}  // namespace

CONFORMANCE_CASE(task_cancel_wakeup_race) { run(body()); }

}  // namespace jackdaw::conformance
