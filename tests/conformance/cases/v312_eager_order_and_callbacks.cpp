// S60: eager steps nest, have their own context, take no turn; done-callbacks take one all the same.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

const context_var<std::string> var("var", "unset");

template <class T>
join_handle<T> eager(task<T> coro, std::string_view name = {}) {
  return spawn(std::move(coro), {.name = name, .eager_start = true});
}

void cb(const join_handle<std::string>& t) { log("callback", t.name()); }
void who(std::string_view where) { log(where, this_task::name()); }

task<std::string> quick(std::string n) {
  log("quick", n);
  co_return n;
}

task<std::string> slow(std::string n) {
  log("slow begins", n);
  co_await yield();
  log("slow ends", n);
  co_return n;
}

task<> inner() {
  who("inner is");
  co_await yield();
  who("inner still is");
}

task<> outer() {
  who("outer is");
  const auto t = eager(inner(), "I");
  who("outer again");
  co_await t;
  who("outer at last");
}

task<> sets() {
  var.set("changed");
  co_await yield();
  log("in the task", var.get());
}

task<> fails() {
  co_await quick("f");
  throw value_error("f");
}

task<> cancels_itself() {
  current_task().request_cancel();
  log("asked");
  co_await yield();
  log("NEVER");
}

task<> in_callback() {
  who("from a callback");
  co_return;
}

task<> order_and_callbacks() {
  auto& loop = asyncio::get_running_loop();
  loop.call_soon([] { log("queued before"); });
  const auto a = eager(quick("a"), "A");
  a.add_done_callback(cb);
  log("done", a.done(), "no callback yet");
  log("await costs no turn", co_await a);
  co_await yield();
  log("a turn later");
  const auto b = eager(slow("b"), "B");
  b.add_done_callback(cb);
  const auto c = loop.create_task(slow("c"), "C");
  loop.call_soon([] { log("queued after both"); });
  log("pending", b.done(), c.done());
  const std::string of_b = co_await b;
  log("awaited", of_b, co_await c);
}

task<> body() {
  this_task::set_name("M");
  co_await order_and_callbacks();
  const auto o = eager(outer(), "O");
  who("main again");
  co_await o;
  const auto s = eager(sets());
  log("in main", var.get());
  co_await s;
  log("in main", var.get());
  const auto f = eager(fails());
  log(f.done(), repr(f.exception()));
  const auto x = eager(cancels_itself());
  const bool cancelled = co_await ended_cancelled(x);
  log("cancelled", cancelled);
  asyncio::get_running_loop().call_soon([] { eager(in_callback(), "CB"); });
  co_await yield();
  who("main at last");
}

}  // namespace

CONFORMANCE_CASE(v312_eager_order_and_callbacks) {
  virtual_loop loop;
  const auto early = loop->create_task(quick("early"));
  const auto late = loop->create_task(quick("not running"), {.eager_start = true});
  log("not begun", early.done(), late.done());
  loop->run_until_complete(body());
  loop->close();
}

}  // namespace jackdaw::conformance
