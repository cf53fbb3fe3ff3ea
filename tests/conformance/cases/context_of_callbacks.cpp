// S191, S29: a callback runs in a copy of the context in which it was registered, or in the one that is given.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

const context_var<std::string> v("v", "default");

void note(const std::string& name) {
  log(name, "sees", v.get());
  v.set("set by " + name);
}

// What is called: note(name), with a future or without.
struct notes {
  explicit notes(std::string given) : name(std::move(given)) {}
  void operator()() const { note(name); }
  void operator()(const future<int>&) const { note(name); }
  std::string name;
};

void chain(asyncio::event_loop& loop, const std::string& name, int left) {
  note(name);
  if (left > 0) {
    loop.call_soon([&loop, name, left] { chain(loop, name + "'", left - 1); });
  }
}

task<> registered_in_a_copy(asyncio::event_loop& loop) {
  v.set("one");
  loop.call_soon(notes("call_soon"));
  v.set("two");
  loop.call_later(2s, notes("call_later"));
  v.set("three");
  loop.call_at(loop.time() + 1s, notes("call_at"));
  v.set("four");
  loop.call_soon_threadsafe(notes("call_soon_threadsafe"));
  v.set("five");
  co_await sleep(3s);
  log("main", v.get());
  loop.call_soon([&loop] { chain(loop, "chain", 2); });
  co_await sleep(1s);
  log("main", v.get());
}

task<> done_callbacks(future<int> f) {
  v.set("six");
  f.add_done_callback(notes("first"));
  v.set("seven");
  f.add_done_callback(notes("second"));
  v.set("eight");
  f.set_result(0);
  co_await sleep(0s);
  f.add_done_callback(notes("late"));
  v.set("nine");
  co_await sleep(0s);
  log("main", v.get());
}

task<> in_a_given_context(asyncio::event_loop& loop, future<int> f) {
  const jackdaw::context given;
  loop.call_soon(notes("given call_soon"), given);
  loop.call_soon(notes("again"), given);
  loop.call_later(1s, notes("given call_later"), given);
  f.add_done_callback(notes("given done"), given);
  co_await sleep(2s);
  log("main", v.get(), "given", given.at(v));
  const asyncio::handle h = loop.call_soon(notes("held"), given);
  log(h.get_context() == given);
  h.cancel();
  co_await sleep(0s);
  log("given", given.at(v));
}

task<> body() {
  auto& loop = asyncio::get_running_loop();
  co_await registered_in_a_copy(loop);
  const auto f = loop.create_future<int>();
  co_await done_callbacks(f);
  co_await in_a_given_context(loop, f);
}

}  // namespace

CONFORMANCE_CASE(context_of_callbacks) { run(body()); }

}  // namespace jackdaw::conformance
