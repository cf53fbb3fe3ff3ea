// S192, S95: a task copies the context when it is created; all its steps, and what it awaits, share the copy.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

const context_var<std::string> v("v", "default");

task<> put(std::string value) {
  co_await sleep(0s);
  v.set(value);
}

task<> child(std::string name) {
  log(name, "begins with", v.get());
  v.set(name);
  for (int turn = 0; turn < 2; ++turn) {
    co_await sleep(0s);
    log(name, "goes on with", v.get());
  }
}

task<> forever(std::string name) {
  v.set(name);
  try {
    co_await sleep(1000s);
  } catch (const cancelled_error&) {
    log(name, "is cancelled with", v.get());
    throw;
  }
}

task<> copies() {
  v.set("one");
  const auto a = spawn(child("a"));
  v.set("two");
  const auto b = spawn(child("b"));
  v.set("three");
  co_await a;
  co_await b;
  log("main", v.get());
  co_await put("four");
  log("awaited", v.get());
  co_await timeout(10s, put("five"));
  log("wait_for", v.get());
  co_await gather(put("six"), put("seven"));
  log("gather", v.get());
  co_await shield(put("eight"));
  log("shield", v.get());
  co_await spawn(put("nine"));
  log("task", v.get());
}

task<> cancelled() {
  const auto t = spawn(forever("forever"));
  co_await sleep(0s);
  v.set("ten");
  t.cancel();
  const bool ended = co_await ended_cancelled(t);
  if (ended) {
    log("main", v.get(), "task", t.get_context().at(v));
  }
}

task<> enter(jackdaw::context entered) {
  try {
    entered.run([] { log("never"); });
  } catch (...) {
    log(type_name(std::current_exception()));
  }
  co_return;
}

task<> in_given_contexts() {
  const auto given = copy_context();
  const auto c = spawn(child("c"), "c", given);
  const auto d = spawn(child("d"), "d", given);
  co_await c;
  co_await d;
  log("main", v.get(), "given", given.at(v), c.get_context() == given);
  const auto inside = copy_context();
  const auto e = inside.run([] {
    v.set("eleven");
    return spawn(child("e"));
  });
  log("main", v.get());
  co_await e;
  log("inside", inside.at(v));
  co_await spawn(enter(given), "enter", given);
}

task<> reset(context_token<std::string>& token) {
  try {
    v.reset(token);
  } catch (...) {
    log(type_name(std::current_exception()), v.get());
  }
  co_return;
}

task<> body() {
  co_await copies();
  co_await cancelled();
  co_await in_given_contexts();
  auto token = v.set("twelve");
  co_await spawn(reset(token));
  co_await put("thirteen");
  v.reset(token);
  log("main", v.get());
}

}  // namespace

CONFORMANCE_CASE(context_of_tasks) { run(body()); }

}  // namespace jackdaw::conformance
